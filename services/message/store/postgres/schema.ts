import { type Generated, type RawBuilder, sql } from "kysely";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { StoredMessage, StoredRoom } from "../stored.ts";
import type { ByChange } from "../stored-changes.ts";

/** Fields as they are read: what isn't set is null, a time is in milliseconds. */
type Read<T> = {
  [K in keyof T]: T[K] extends Date
    ? number
    : undefined extends T[K]
      ? (T[K] extends Date | undefined ? number : Exclude<T[K], undefined>) | null
      : T[K];
};

export type RoomRow = Read<StoredRoom>;

export interface MessageRow extends Read<Omit<StoredMessage, "metadata" | keyof ByChange>> {
  /** JSON text: jsonb would reorder keys. */
  metadata: string | null;
  /** JSON text. */
  changes: string | null;
}

/** As a double, which is read at a fraction of what a date or an exact number costs. */
export const milliseconds = (column: string) => `round(date_part('epoch', ${column}) * 1000)`;
const membersShown = 100;

/** How each field of a room `r` is read. */
const roomReads = {
  id: "r.id",
  name: "r.name",
  description: "r.description",
  roomType: "r.room_type",
  createdBy: "r.created_by",
  createdAt: milliseconds("r.created_at"),
  updatedAt: milliseconds("r.updated_at"),
  memberCount: "r.member_count",
  lastSeq: "r.last_seq",
  lastRevision: "r.last_revision",
  members: `to_json(array(select user_id from message.memberships
    where room_id = r.id order by position limit ${membersShown}))`,
} satisfies Record<keyof RoomRow, string>;

/** How each field of a message is read. */
export const messageReads = {
  id: "id",
  seq: "seq",
  roomId: "room_id",
  userId: "user_id",
  username: "username",
  content: "content",
  messageType: "message_type",
  metadata: "metadata",
  clientMessageId: "case when send_key not like '#%' then send_key end",
  createdAt: milliseconds("created_at"),
  updatedAt: milliseconds("updated_at"),
  changes: "changes",
  replyTo: "reply_to",
  threadSeq: "thread_seq",
  replyCount: "reply_count",
  lastReplyAt: milliseconds("last_reply_at"),
} satisfies Record<keyof MessageRow, string>;

export const columnsOf = (reads: Record<string, string>): RawBuilder<unknown> =>
  sql.raw(
    Object.entries(reads)
      .map(([name, value]) => `${value} as "${name}"`)
      .join(", "),
  );

/** Of a room `r`, with its first members. */
export const roomColumns = columnsOf(roomReads);
export const messageColumns = columnsOf(messageReads);
export const publicRoom = sql.lit(RoomType.PUBLIC);
export const directRoom = sql.lit(RoomType.DIRECT);
/** Of a membership `m`: whether its direct room isn't in the member's list, if it has no messages since. */
export const isHidden = sql`exists (
  select from message.direct_members d
  where d.room_id = m.room_id and d.user_id = m.user_id and d.hidden_seq is not null)`;

/** The words of a message, each with its room before it: what is rare in a room is found at once. */
export const searchKeys = sql.raw(
  "array_to_tsvector(string_to_array(room_id || replace(words, ' ', ' ' || room_id), ' '))",
);

/** What a message has that hasn't changed, and that nobody has replied to. */
export const unchanged = {
  changes: null,
  replyCount: 0,
  lastReplyAt: null,
} satisfies Partial<MessageRow>;

type NewMessageFields = Omit<
  MessageRow,
  "seq" | "threadSeq" | "createdAt" | "updatedAt" | "clientMessageId" | keyof typeof unchanged
>;

/** A message that has no number yet. */
export interface NewMessageRow extends NewMessageFields {
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
}

/** The columns of a message that is to be stored, with their types in PostgreSQL. */
export const newMessageColumns = {
  roomId: "text",
  id: "text",
  userId: "text",
  username: "text",
  content: "text",
  messageType: "smallint",
  metadata: "text",
  sendKey: "text",
  // Of what isn't there any number may come.
  replyTo: "bigint",
} as const satisfies Record<keyof NewMessageRow, string>;

/** What a change may change of a message; times as in ISO 8601. */
export interface ChangedRow extends Pick<MessageRow, "roomId" | "seq" | "metadata" | "changes"> {
  /** Null where it is as it was, and so are its words and the metadata. */
  content: string | null;
  words: string | null;
  updatedAt: string | null;
  revision: number;
  deletedAt: string | null;
  /** Whom it mentions no longer; null: nothing changes in that. */
  unmentioned: readonly string[] | null;
  pinnedAt: string | null;
}

/** Its columns, as they are given to PostgreSQL. */
export const changedColumns = {
  roomId: "text",
  seq: "int",
  content: "text",
  words: "text",
  metadata: "text",
  updatedAt: "timestamptz",
  revision: "int",
  changes: "text",
  deletedAt: "timestamptz",
  unmentioned: "text[]",
  pinnedAt: "timestamptz",
} satisfies Record<keyof ChangedRow, string>;

type DefaultColumn = "createdAt" | "updatedAt" | "memberCount" | "lastSeq" | "lastRevision";

/** A new room; its members are rows of `memberships`. */
type RoomTable = Omit<RoomRow, "members" | DefaultColumn> &
  Record<DefaultColumn, Generated<number>>;

/** The tables of the schema `message` that statements are built on, not written. */
export interface Database {
  rooms: RoomTable;
}

/** The keys of an object, as its type knows them. */
export function keysOf<T extends object>(object: T): (keyof T)[] {
  const keys: (keyof T)[] = [];
  for (const key in object) keys.push(key);
  return keys;
}
