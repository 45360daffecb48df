import type { Message as AnyMessage, JsonObject } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { isPlainObject } from "#contract/wire/json.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";

/**
 * What is stored of a message and of a room: every field of the contract's type. The rows and
 * documents of both databases are derived from these, so a field that is added to the contract
 * doesn't compile before each of them has it.
 */
export type StoredMessage = Fields<Message, "createdAt" | "updatedAt">;
export type StoredRoom = Omit<Fields<Room, "createdAt" | "updatedAt">, ToViewer>;

/** What a room is to who asks, and what is answered in lists alone: see `room-view.ts`. */
type ToViewer = "membership" | "lastMessage" | "peer";

/**
 * Every field of a message of the contract, each there, if only as undefined.
 * @template Set the times that are never missing
 */
export type Fields<T extends AnyMessage, Set extends keyof T = never> = {
  [K in keyof Pick<T, Exclude<keyof T, "$typeName" | "$unknown">>]-?: K extends Set
    ? Date
    : Timestamp extends T[K]
      ? Date | undefined
      : T[K];
};

/** Every property of a message of the contract, each there, if only as undefined. */
type Whole<T extends AnyMessage> = { [K in keyof Omit<T, "$unknown">]-?: T[K] };

/** Written out: `create` looks at each field's descriptor, and every message passes here. */
export function toMessage(stored: StoredMessage): Message {
  const message: Whole<Message> = {
    $typeName: "aetherconnect.message.v1.Message",
    id: stored.id,
    seq: stored.seq,
    roomId: stored.roomId,
    userId: stored.userId,
    username: stored.username,
    content: stored.content,
    messageType: stored.messageType,
    metadata: stored.metadata,
    clientMessageId: stored.clientMessageId,
    createdAt: toTimestamp(stored.createdAt),
    updatedAt: toTimestamp(stored.updatedAt),
    revision: stored.revision,
    editedAt: toOptional(stored.editedAt),
    deletedAt: toOptional(stored.deletedAt),
    deletedBy: stored.deletedBy,
    reactions: stored.reactions,
    replyTo: stored.replyTo,
    threadSeq: stored.threadSeq,
    replyCount: stored.replyCount,
    lastReplyAt: toOptional(stored.lastReplyAt),
    mentions: stored.mentions,
    mentionsRoom: stored.mentionsRoom,
    pinnedAt: toOptional(stored.pinnedAt),
    pinnedBy: stored.pinnedBy,
  };
  return message;
}

function toOptional(date: Date | undefined): Timestamp | undefined {
  return date && toTimestamp(date);
}

export function toRoom(stored: StoredRoom): Room {
  const room: Whole<Room> = {
    $typeName: "aetherconnect.message.v1.Room",
    id: stored.id,
    name: stored.name,
    description: stored.description,
    roomType: stored.roomType,
    createdBy: stored.createdBy,
    members: stored.members,
    memberCount: stored.memberCount,
    lastSeq: stored.lastSeq,
    lastRevision: stored.lastRevision,
    createdAt: toTimestamp(stored.createdAt),
    updatedAt: toTimestamp(stored.updatedAt),
    membership: undefined,
    lastMessage: undefined,
    peer: undefined,
  };
  return room;
}

export function toTimestamp(date: Date): Timestamp {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1_000);
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(seconds),
    nanos: (ms - seconds * 1_000) * 1_000_000,
  };
}

/** Metadata as text: databases' own JSON types reorder keys, or don't take every key. */
export function metadataToText(metadata: JsonObject | undefined): string | null {
  return metadata === undefined ? null : JSON.stringify(metadata);
}

export function textToMetadata(text: string | null): JsonObject | undefined {
  if (text === null) return undefined;
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error("stored metadata is no object");
  return value;
}

/** What `JSON.parse` makes holds JSON all the way down. */
function isJsonObject(value: unknown): value is JsonObject {
  return isPlainObject(value);
}
