import { type Message as AnyMessage, create, type JsonObject } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { isPlainObject } from "#contract/wire/json.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomSchema } from "#gen/aetherconnect/message/v1/room_pb.ts";

/**
 * What is stored of a message and of a room: every field of the contract's type. The rows and
 * documents of both databases are derived from these, so a field that is added to the contract
 * doesn't compile before each of them has it.
 */
export type StoredMessage = Fields<Message, "createdAt" | "updatedAt">;
export type StoredRoom = Fields<Room, "createdAt" | "updatedAt">;

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

/** Spread, not taken apart: rest properties are slow, and every message passes here. */
export function toMessage(stored: StoredMessage): Message {
  return create(MessageSchema, {
    ...stored,
    createdAt: timestampFromDate(stored.createdAt),
    updatedAt: timestampFromDate(stored.updatedAt),
  });
}

export function toRoom(stored: StoredRoom): Room {
  return create(RoomSchema, {
    ...stored,
    createdAt: timestampFromDate(stored.createdAt),
    updatedAt: timestampFromDate(stored.updatedAt),
  });
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
