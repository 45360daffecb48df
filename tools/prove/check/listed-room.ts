import type { RoomOut } from "#gen/socket-events.ts";
import { stateOf } from "./message-state.ts";
import type { ListedRoom } from "./run-log.ts";

/** A room as a list of rooms shows it. */
export function listedRoom(room: RoomOut): ListedRoom {
  const { id, lastSeq, lastRevision, lastMessage, membership, peer } = room;
  return {
    roomId: id,
    lastSeq,
    lastRevision,
    lastMessage: lastMessage && stateOf(lastMessage),
    readSeq: membership?.readSeq ?? 0,
    unreadCount: membership?.unreadCount ?? 0,
    mentionCount: membership?.mentionCount ?? 0,
    peerId: peer?.userId ?? null,
  };
}

/** `room_added` has no last message: `room_activity` tells it right after. */
export function isLastUntold(room: { lastSeq: number; lastMessage: unknown }): boolean {
  return room.lastSeq > 0 && room.lastMessage === null;
}
