import type { Generated } from "kysely";
import type { StoredMessage, StoredRoom } from "../stored.ts";

/** Fields as columns: what isn't set is null. */
type Columns<T> = {
  [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K];
};

type WithDefaults<T, K extends keyof T> = Omit<T, K> & { [D in K]: Generated<T[D]> };

/** A room; its members are rows of `memberships`. */
export type RoomRow = Columns<Omit<StoredRoom, "members">>;

export const roomColumns = [
  "id",
  "name",
  "description",
  "roomType",
  "createdBy",
  "createdAt",
  "updatedAt",
  "memberCount",
  "lastSeq",
] as const satisfies readonly (keyof RoomRow)[];

type RoomTable = WithDefaults<RoomRow, "createdAt" | "updatedAt" | "memberCount" | "lastSeq">;

export interface MessageRow extends Columns<Omit<StoredMessage, "metadata" | "clientMessageId">> {
  /** JSON text: jsonb would reorder keys. */
  metadata: string | null;
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
}

/** What the statement that stores a message gives it. */
type AssignedColumn = "seq" | "createdAt" | "updatedAt";

/** A message that has no number yet. */
export type NewMessageRow = Omit<MessageRow, AssignedColumn>;

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
} as const satisfies Record<keyof NewMessageRow, string>;

export const messageColumns = [
  ...keysOf(newMessageColumns),
  "seq",
  "createdAt",
  "updatedAt",
] as const satisfies readonly (keyof MessageRow)[];

interface MembershipTable {
  roomId: string;
  userId: string;
  joinedAt: Generated<Date>;
  /** Grows with each membership, in the order of joining. */
  position: Generated<string>;
}

/** The number of each user's last change of memberships. */
export interface MembershipCounterTable {
  userId: string;
  lastNumber: number;
}

/** Of each user and room the last change, kept also when the membership has ended. */
interface MembershipLogTable {
  userId: string;
  roomId: string;
  number: number;
  isMember: boolean;
}

/** Tables of the schema `message`. */
export interface Database {
  rooms: RoomTable;
  memberships: MembershipTable;
  membershipCounters: MembershipCounterTable;
  membershipLog: MembershipLogTable;
  messages: MessageRow;
}

/** The keys of an object, as its type knows them. */
export function keysOf<T extends object>(object: T): (keyof T)[] {
  const keys: (keyof T)[] = [];
  for (const key in object) keys.push(key);
  return keys;
}
