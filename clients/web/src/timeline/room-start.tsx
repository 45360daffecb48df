import { useSnapshot } from "../chat.ts";
import { useRoomContext } from "../message/room-context.ts";
import { RoomAvatar } from "../ui/room-avatar.tsx";
import { fullTime } from "../ui/times.ts";
import "./room-start.css";

/** Stands above the first message of a room. */
export function RoomStart() {
  const { room: info } = useSnapshot(useRoomContext().room);
  if (!info) return null;
  const { name, peer, description, createdAt, roomType } = info;
  return (
    <article className="room-start" aria-label="Beginning of the room">
      <RoomAvatar room={info} size="l" />
      <h2 className="room-start-name" dir="auto">
        {name}
      </h2>
      <p className="room-start-text">
        {roomType === "direct" ? (
          <>
            Only you and <bdi>{peer?.name}</bdi> read what is written here.
          </>
        ) : (
          <>
            {description && <bdi className="room-start-about">{description}</bdi>}
            The room begins here. It was created on {fullTime(createdAt)}.
          </>
        )}
      </p>
    </article>
  );
}
