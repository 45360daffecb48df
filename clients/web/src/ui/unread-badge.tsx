import type { Room as RoomInfo } from "@aetherconnect/client";

/** What its user wants to know of what is unread in a room, and how much of that is for them. */
export function unreadOf({ roomType, membership }: RoomInfo): { count: number; forMe: number } {
  // A server of contract 1.0 counts nothing.
  if (!membership || membership.notify === "none") return { count: 0, forMe: 0 };
  const { unreadCount, mentionCount, notify } = membership;
  const count = notify === "mentions" ? mentionCount : unreadCount;
  return { count, forMe: roomType === "direct" ? count : mentionCount };
}

export function UnreadBadge({ room }: { room: RoomInfo }) {
  const { count, forMe } = unreadOf(room);
  if (count === 0) return null;
  return (
    <span className={`badge${forMe > 0 ? " badge-mention" : ""}`}>
      {count > 99 ? "99+" : count}
      <span className="hidden-text"> unread</span>
    </span>
  );
}
