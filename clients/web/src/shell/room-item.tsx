import type { Room as RoomInfo } from "@aetherconnect/client";
import { memo } from "react";
import { useMe } from "../chat.ts";
import { hrefOf, useRoute } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { RoomAvatar } from "../ui/room-avatar.tsx";
import { shortTime } from "../ui/times.ts";
import { UnreadBadge, unreadOf } from "../ui/unread-badge.tsx";
import { usePresence } from "./presence.tsx";

/** A room in the list: how it is called, its last line, and what is unread in it. */
export const RoomItem = memo(function RoomItem({ room }: { room: RoomInfo }) {
  const route = useRoute();
  const myId = useMe().id;
  const presence = usePresence(room.peer?.userId);
  const { lastMessage } = room;
  const isCurrent = route.page === "room" && route.roomId === room.id;
  const look = [
    "room-item",
    unreadOf(room).count > 0 && "is-unread",
    room.membership?.notify === "none" && "is-quiet",
  ];
  return (
    <li>
      <Link
        href={hrefOf({ page: "room", roomId: room.id })}
        className={look.filter(Boolean).join(" ")}
        {...(isCurrent && { "aria-current": "page" })}
      >
        <RoomAvatar room={room} presence={presence} />
        <span className="room-item-text">
          <bdi className="room-item-name one-line" dir="auto">
            {room.name}
          </bdi>
          {lastMessage && (
            <time className="room-item-time" dateTime={lastMessage.createdAt}>
              {shortTime(lastMessage.createdAt)}
            </time>
          )}
          <span className="room-item-line one-line">{lineOf(room, myId)}</span>
          <UnreadBadge room={room} />
        </span>
      </Link>
    </li>
  );
});

function lineOf({ lastMessage, roomType, lastSeq }: RoomInfo, myId: string) {
  // A server of contract 1.0 doesn't say it.
  if (!lastMessage) return lastSeq === 0 && "No messages yet";
  if (lastMessage.deletedAt) return "Message deleted";
  const isMine = lastMessage.userId === myId;
  const who = isMine
    ? "You: "
    : roomType === "direct"
      ? ""
      : `${firstWord(lastMessage.username)}: `;
  return (
    <bdi>
      {who}
      {lastMessage.content.slice(0, 120)}
    </bdi>
  );
}

function firstWord(name: string): string {
  return name.split(" ")[0] ?? name;
}
