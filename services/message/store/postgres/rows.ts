import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { PendingMessage } from "../driver.ts";
import type { NewRoom } from "../store.ts";
import { metadataToText, textToMetadata, toMessage, toRoom } from "../stored.ts";
import type { MessageRow, NewMessageRow, RoomRow } from "./schema.ts";

export function messageToRow(message: PendingMessage): NewMessageRow {
  return { ...message, metadata: metadataToText(message.metadata) };
}

export function rowToMessage(row: MessageRow): Message {
  return toMessage({
    ...row,
    metadata: textToMetadata(row.metadata),
    clientMessageId: row.sendKey.startsWith("#") ? undefined : row.sendKey,
  });
}

/** The other columns have defaults. */
export function roomToRow(id: string, room: NewRoom): Pick<RoomRow, "id" | keyof NewRoom> {
  return { ...room, id, description: room.description ?? null };
}

export function rowToRoom(row: RoomRow & { members: string[] }): Room {
  return toRoom({ ...row, description: row.description ?? undefined });
}
