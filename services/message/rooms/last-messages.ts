import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";

/**
 * The rooms without those last messages that an answer has no room for: the latest activity
 * keeps its own.
 */
export function withinBytes(rooms: readonly Room[], bytes: number): Room[] {
  let left = bytes;
  const kept = new Set<Room>();
  for (const room of byActivity(rooms)) {
    left -= room.lastMessage ? bytesOf(room.lastMessage) : 0;
    if (left < 0) break;
    kept.add(room);
  }
  return rooms.map((room) => (kept.has(room) ? room : { ...room, lastMessage: undefined }));
}

/** The newest activity first: a last message, or else the room itself. */
export function byActivity(rooms: readonly Room[]): Room[] {
  const timeOf = ({ lastMessage, createdAt }: Room) => {
    const { seconds = 0n, nanos = 0 } = lastMessage?.createdAt ?? createdAt ?? {};
    return Number(seconds) * 1_000 + nanos / 1_000_000;
  };
  return rooms
    .map((room) => ({ room, at: timeOf(room) }))
    .sort((a, b) => b.at - a.at)
    .map(({ room }) => room);
}

/** Of a message's JSON, about, and rather too many. */
function bytesOf({ content, username, metadata, clientMessageId, ...rest }: Message): number {
  const { reactions, mentions } = rest;
  let bytes = 750 + 6 * (username.length + (clientMessageId?.length ?? 0)) + 21 * mentions.length;
  bytes += Buffer.byteLength(JSON.stringify(content));
  if (metadata) bytes += Buffer.byteLength(JSON.stringify(metadata));
  for (const { userIds } of reactions) bytes += 250 + 21 * userIds.length;
  return bytes;
}
