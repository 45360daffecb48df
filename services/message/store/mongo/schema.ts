import {
  type Connection,
  type Model,
  Schema,
  type SchemaDefinitionProperty,
  Types,
} from "mongoose";
import type { StoredMessage, StoredRoom } from "../stored.ts";

/** What of a room stands in the memberships and messages. */
type CountedElsewhere = "members" | "memberCount" | "updatedAt" | "lastSeq";

export interface RoomDocument extends Omit<StoredRoom, "id" | "description" | CountedElsewhere> {
  _id: Types.ObjectId;
  description: string | null;
  /** Who numbers messages here for the moment, by the server's clock; see `leases.ts`. */
  leaseOwner?: string;
  leaseUntil?: Date;
  /** Counted to make what was written before durable; see `barrier`. */
  barriers?: number;
}

export interface MessageDocument
  extends Omit<StoredMessage, "id" | "roomId" | "metadata" | "clientMessageId"> {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  /** JSON text: keys may have any order, and dots and dollars in them. */
  metadata: string | null;
  /** Absent where the client gave none. */
  clientMessageId?: string;
}

/**
 * A user in a room, or one who has left. Each change takes the room's next `version` and the
 * user's next `number`, each under a unique index, and carries what the room is after it. So the
 * membership with the highest version is the room's state, all memberships of a user are the
 * log of their last changes, and one write changes all.
 */
export interface MembershipDocument extends MembershipState {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  userId: string;
  isMember: boolean;
  joinedAt: Date;
  /** Of the last change, made once, so that an answer that was lost is recognised. */
  changeId: Types.ObjectId;
  /** The versions that its changes took, this one's last; unique in a room as `version` is. */
  taken: number[];
  /** Of the last change, counted by the user. */
  number: number;
  /** The numbers that its changes took, this one's last; unique for a user as `number` is. */
  numbersTaken: number[];
}

/** What a room is after a change of its members. */
export interface MembershipState {
  version: number;
  memberCount: number;
  createdBy: string;
  changedAt: Date;
}

/** A step that has brought data of an earlier version up to date. */
export interface MigrationDocument {
  _id: string;
  at: Date;
}

/** The collections, and how what others may see is to be read. */
export interface Mongo extends Models {
  /** In a replica set only what a failover can't undo is shown to anybody. */
  readLevel: "local" | "majority";
}

interface Models {
  rooms: Model<RoomDocument>;
  memberships: Model<MembershipDocument>;
  messages: Model<MessageDocument>;
  migrations: Model<MigrationDocument>;
}

/** Every field of a document. */
type Definition<D> = Record<Exclude<keyof D, "_id">, SchemaDefinitionProperty>;

const required = {
  text: { type: String, required: true },
  number: { type: Number, required: true },
  boolean: { type: Boolean, required: true },
  date: { type: Date, required: true },
  id: { type: Schema.Types.ObjectId, required: true },
} as const;
const textOrNull = { type: String, default: null } as const;
const options = { versionKey: false, strict: "throw", id: false } as const;

const roomFields = {
  name: required.text,
  description: textOrNull,
  roomType: required.number,
  createdBy: required.text,
  createdAt: required.date,
  leaseOwner: String,
  leaseUntil: Date,
  barriers: Number,
} satisfies Definition<RoomDocument>;

const membershipFields = {
  roomId: required.id,
  userId: required.text,
  isMember: required.boolean,
  joinedAt: required.date,
  changeId: required.id,
  version: required.number,
  taken: [Number],
  number: required.number,
  numbersTaken: [Number],
  memberCount: required.number,
  createdBy: required.text,
  changedAt: required.date,
} satisfies Definition<MembershipDocument>;

const messageFields = {
  roomId: required.id,
  seq: required.number,
  userId: required.text,
  username: required.text,
  content: required.text,
  messageType: required.number,
  metadata: textOrNull,
  clientMessageId: String,
  createdAt: required.date,
  updatedAt: required.date,
} satisfies Definition<MessageDocument>;

const roomSchema = new Schema<RoomDocument>(roomFields, options).index({
  roomType: 1,
  createdAt: 1,
  _id: 1,
});

/** Unique among the documents that have the field. */
const uniqueWhere = (field: string) =>
  ({ unique: true, partialFilterExpression: { [field]: { $exists: true } } }) as const;

const membershipSchema = new Schema<MembershipDocument>(membershipFields, options)
  .index({ roomId: 1, userId: 1 }, { unique: true })
  .index({ roomId: 1, version: 1 }, { unique: true })
  .index({ roomId: 1, taken: 1 }, uniqueWhere("taken"))
  .index({ userId: 1, numbersTaken: 1 }, uniqueWhere("numbersTaken"))
  .index({ userId: 1, number: -1 })
  .index({ roomId: 1, isMember: 1, version: 1 })
  .index({ userId: 1, isMember: 1, joinedAt: 1, _id: 1 });

const messageSchema = new Schema<MessageDocument>(messageFields, options)
  .index({ roomId: 1, seq: 1 }, { unique: true })
  .index({ roomId: 1, userId: 1, clientMessageId: 1 }, uniqueWhere("clientMessageId"));

const migrationSchema = new Schema<MigrationDocument>(
  { _id: required.text, at: required.date },
  options,
);

/** The models of a connection. Their indexes are made by `createIndexes`. */
export function createModels(connection: Connection): Models {
  return {
    rooms: connection.model<RoomDocument>("Room", roomSchema, "rooms"),
    memberships: connection.model<MembershipDocument>(
      "Membership",
      membershipSchema,
      "memberships",
    ),
    messages: connection.model<MessageDocument>("Message", messageSchema, "messages"),
    migrations: connection.model<MigrationDocument>("Migration", migrationSchema, "migrations"),
  };
}

/** Everything that the store promises rests on these: it isn't used before they are there. */
export async function createIndexes({ rooms, memberships, messages }: Models): Promise<void> {
  await messages.createIndexes();
  await memberships.createIndexes();
  await rooms.createIndexes();
}

/** @throws BSONError where the text is no id; ask `isId` before */
export function toObjectId(hex: string): Types.ObjectId {
  return Types.ObjectId.createFromHexString(hex);
}
