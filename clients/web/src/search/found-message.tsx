import type { Message, Room as RoomInfo } from "@aetherconnect/client";
import { hrefOf } from "../router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Link } from "../ui/link.tsx";
import { fullTime, shortTime } from "../ui/times.ts";
import "./found-message.css";

/** A message out of its room, with the way to its place. */
export function FoundMessage({ message, room }: { message: Message; room?: RoomInfo | undefined }) {
  const { roomId, seq, userId, username, content, createdAt } = message;
  return (
    <li>
      <Link href={hrefOf({ page: "room", roomId, seq })} className="found-message">
        <Avatar userId={userId} name={username} />
        <span className="found-message-head">
          <bdi className="found-message-name one-line">{username}</bdi>
          {room && (
            <span className="found-message-room one-line">
              in <bdi>{room.name}</bdi>
            </span>
          )}
          <time dateTime={createdAt} title={fullTime(createdAt)}>
            {shortTime(createdAt)}
          </time>
        </span>
        <span className="found-message-content" dir="auto">
          {content}
        </span>
      </Link>
    </li>
  );
}
