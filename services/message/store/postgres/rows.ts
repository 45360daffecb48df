import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { wordsOf } from "#message/search/words.ts";
import type { PendingMessage } from "../driver.ts";
import type { Write } from "../make-changes.ts";
import { mentionKeysOf } from "../mentions.ts";
import type { MessageChange, NewRoom } from "../store.ts";
import { metadataToText, textToMetadata, toMessage, toRoom } from "../stored.ts";
import { changesToText, textToChanges } from "../stored-changes.ts";
import type { ChangedRow, MessageRow, NewMessageRow, RoomRow } from "./schema.ts";

/** What is to be stored, and whom it mentions, of whom only members are stored. */
export type PendingRow = NewMessageRow & Pick<PendingMessage, "mentions" | "mentionsRoom">;

export function messageToRow(message: PendingMessage): PendingRow {
  return {
    ...message,
    metadata: metadataToText(message.metadata),
    replyTo: message.replyTo ?? null,
  };
}

export function rowToMessage(row: MessageRow): Message {
  return toMessage({
    ...row,
    metadata: textToMetadata(row.metadata),
    clientMessageId: row.clientMessageId ?? undefined,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    replyTo: row.replyTo ?? undefined,
    threadSeq: row.threadSeq ?? undefined,
    lastReplyAt: row.lastReplyAt === null ? undefined : new Date(row.lastReplyAt),
    ...textToChanges(row.changes).changes,
  });
}

/** A message that has changed. */
export function rowToMessageChange(row: MessageRow): MessageChange {
  const { change, userId } = textToChanges(row.changes);
  return { message: rowToMessage(row), change, userId };
}

export function writeToRow({ before, last }: Write): ChangedRow {
  const { message } = last;
  const isSame = message.content === before.content && message.metadata === before.metadata;
  const { deletedAt } = message;
  return {
    roomId: message.roomId,
    seq: message.seq,
    content: isSame ? null : message.content,
    words: isSame ? null : wordsOf(message.content).join(" "),
    metadata: isSame ? null : metadataToText(message.metadata),
    updatedAt: toIsoTime(message.updatedAt),
    revision: message.revision,
    changes: changesToText(last),
    deletedAt: toIsoTime(deletedAt),
    unmentioned: deletedAt ? mentionKeysOf(before) : null,
    pinnedAt: toIsoTime(message.pinnedAt),
  };
}

function toIsoTime(time: Timestamp | undefined): string | null {
  return time ? timestampDate(time).toISOString() : null;
}

/** The other columns have defaults. */
export function roomToRow(id: string, room: NewRoom): Pick<RoomRow, "id" | keyof NewRoom> {
  return { ...room, id, description: room.description ?? null };
}

export function rowToRoom(row: RoomRow): Room {
  return toRoom({
    ...row,
    description: row.description ?? undefined,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  });
}
