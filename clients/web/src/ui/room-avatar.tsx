import type { Room as RoomInfo } from "@aetherconnect/client";
import { Avatar, type PresenceStatus } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import "./room-avatar.css";

interface RoomAvatarProps {
  room: Pick<RoomInfo, "id" | "roomType" | "peer">;
  size?: "s" | "m" | "l";
  presence?: PresenceStatus | undefined;
}

/** A direct room looks like the one whom it is with, any other like its kind. */
export function RoomAvatar({ room, size = "m", presence }: RoomAvatarProps) {
  const { peer, roomType } = room;
  if (peer) return <Avatar userId={peer.userId} name={peer.name} size={size} presence={presence} />;
  // Types that a later contract has count as private.
  const isPublic = roomType === "public";
  return (
    <span className={`avatar avatar-${size} room-avatar`}>
      <Icon name={isPublic ? "hash" : "lock"} />
      <span className="hidden-text">{isPublic ? "Room" : "Private room"}</span>
    </span>
  );
}
