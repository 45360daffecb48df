import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Types } from "mongoose";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { wordsOf } from "#message/search/words.ts";
import type { PendingMessage } from "../driver.ts";
import type { MessageState } from "../judge-change.ts";
import type { Write } from "../make-changes.ts";
import { mentionKeysOf } from "../mentions.ts";
import type { MembershipChange, MessageChange, NewRoom, RoomPosition } from "../store.ts";
import { metadataToText, textToMetadata, toMessage, toRoom } from "../stored.ts";
import { changesToText, mentionsToText, textToChanges } from "../stored-changes.ts";
import {
  type hiddenFields,
  type MembershipDocument,
  type MembershipState,
  type MessageDocument,
  type RoomDocument,
  toObjectId,
} from "./schema.ts";

/** A room with what stands in the other collections. */
export interface RoomRow extends RoomDocument {
  /** The last message. */
  last: { seq: number }[];
  /** The message that has changed last. */
  changed: { revision?: number }[];
  /** The membership that changed last. */
  head: MembershipState[];
  members: { userId: string }[];
}

export type MemberRow = Pick<
  MembershipDocument,
  "_id" | "roomId" | "userId" | "joinedAt" | "readSeq" | "notify" | "hiddenSeq"
>;

/** Whom a message mentions, as it is to be stored, and its number in the log. */
export interface NewMention {
  mentions: string[];
  mentionsRoom: boolean;
  number: number;
}

/** @param threadSeq what the thread hangs on, where the message is a reply */
export function messageToRow(
  message: PendingMessage,
  seq: number,
  at: Date,
  threadSeq: number | undefined,
  mention: NewMention | undefined,
): MessageDocument {
  const { id, roomId, sendKey: _, clientMessageId, replyTo, ...rest } = message;
  const { mentions: __, mentionsRoom: ___, ...fields } = rest;
  return {
    ...fields,
    _id: toObjectId(id),
    roomId: toObjectId(roomId),
    seq,
    metadata: metadataToText(message.metadata),
    words: wordsOf(message.content),
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(replyTo !== undefined && { replyTo, threadSeq: threadSeq ?? replyTo }),
    ...(mention && {
      changes: mentionsToText(mention),
      mentioned: mentionKeysOf(mention),
      mentionNumber: mention.number,
    }),
    createdAt: at,
    updatedAt: at,
  };
}

/** A message as it is read: without what is for those who write. */
export type MessageRow = Omit<MessageDocument, keyof typeof hiddenFields>;

const unset = {
  clientMessageId: undefined,
  replyTo: undefined,
  threadSeq: undefined,
  replyCount: 0,
  lastReplyAt: undefined,
};

export function rowToMessage(row: MessageRow): Message {
  return toMessage({
    ...unset,
    ...row,
    id: row._id.toHexString(),
    roomId: row.roomId.toHexString(),
    metadata: textToMetadata(row.metadata),
    ...textToChanges(row.changes).changes,
  });
}

/** A message that has changed. */
export function rowToMessageChange(row: MessageRow): MessageChange {
  const { change, userId } = textToChanges(row.changes);
  return { message: rowToMessage(row), change, userId };
}

export function rowToState(row: MessageDocument): MessageState {
  const reactors = new Map((row.reactors ?? []).map(({ emoji, userIds }) => [emoji, userIds]));
  return { message: rowToMessage(row), reactors };
}

/** All that a change may change; what is undefined is to be absent. */
export function writeToRow({ before, last, reactors }: Write) {
  const { message } = last;
  const mentioned = mentionKeysOf(message);
  const users = [...reactors].filter(([, userIds]) => userIds.length > 0);
  return {
    content: message.content,
    ...(message.content !== before.content && { words: wordsOf(message.content) }),
    metadata: metadataToText(message.metadata),
    updatedAt: toDate(message.updatedAt),
    revision: message.revision,
    changes: changesToText(last),
    deletedAt: toDate(message.deletedAt),
    pinnedAt: toDate(message.pinnedAt),
    mentioned: mentioned.length > 0 ? mentioned : undefined,
    reactors: users.length > 0 ? users.map(([emoji, userIds]) => ({ emoji, userIds })) : undefined,
  };
}

function toDate(time: Timestamp | undefined): Date | undefined {
  return time && timestampDate(time);
}

export function roomToRow(_id: Types.ObjectId, room: NewRoom, createdAt: Date): RoomDocument {
  return { ...room, _id, description: room.description ?? null, createdAt };
}

export function rowToRoom({ _id, last, changed, head: [head], members, ...row }: RoomRow): Room {
  return toRoom({
    ...row,
    id: _id.toHexString(),
    description: row.description ?? undefined,
    createdBy: head?.createdBy ?? row.createdBy,
    members: members.map(({ userId }) => userId),
    updatedAt: head?.changedAt ?? row.createdAt,
    memberCount: head?.memberCount ?? 0,
    ...rowToPosition({ last, changed }),
  });
}

/** A room with its whole last message. */
export interface ListedRow extends RoomRow {
  last: MessageRow[];
}

export function rowToListedRoom(row: ListedRow): Room {
  const [last] = row.last;
  return { ...rowToRoom(row), lastMessage: last && rowToMessage(last) };
}

export function rowToPosition({ last, changed }: Pick<RoomRow, "last" | "changed">): RoomPosition {
  return { lastSeq: last[0]?.seq ?? 0, lastRevision: changed[0]?.revision ?? 0 };
}

/** What of a membership says how it changed last. */
export type ChangeRow = Pick<MembershipDocument, keyof MembershipChange | "hiddenSeq">;

export function rowToChange(row: ChangeRow): MembershipChange {
  const { userId, number, roomId, hiddenSeq } = row;
  const isMember = row.isMember && hiddenSeq === undefined;
  return { userId, number, roomId: roomId.toHexString(), isMember };
}
