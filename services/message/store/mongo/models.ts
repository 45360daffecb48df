import { type Connection, type Model, Schema, Types } from "mongoose";
import type { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";

export interface RoomDocument {
  _id: Types.ObjectId;
  name: string;
  description: string | null;
  roomType: RoomType;
  createdBy: string;
  createdAt: Date;
  /** Who numbers messages here for the moment, by the server's clock; see `rivals.ts`. */
  leaseOwner?: string;
  leaseUntil?: Date;
  /** Counted to make what was written before durable; see `barrier`. */
  barriers?: number;
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

export interface MessageDocument {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  seq: number;
  userId: string;
  username: string;
  content: string;
  messageType: MessageType;
  /** JSON text: keys may have any order, and dots and dollars in them. */
  metadata: string | null;
  /** Absent where the client gave none. */
  clientMessageId?: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A step that has brought data of an earlier version up to date. */
export interface MigrationDocument {
  _id: string;
  at: Date;
}

/** The collections, and how what others may see is to be read. */
export interface Mongo {
  rooms: Model<RoomDocument>;
  memberships: Model<MembershipDocument>;
  messages: Model<MessageDocument>;
  migrations: Model<MigrationDocument>;
  /** In a replica set only what a failover can't undo is shown to anybody. */
  readLevel: "local" | "majority";
}

const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;
const date = { type: Date, required: true } as const;
const id = { type: Schema.Types.ObjectId, required: true } as const;
const options = { versionKey: false, strict: "throw", id: false } as const;

const roomSchema = new Schema<RoomDocument>(
  {
    name: text,
    description: { type: String, default: null },
    roomType: number,
    createdBy: text,
    createdAt: date,
    leaseOwner: String,
    leaseUntil: Date,
    barriers: Number,
  },
  options,
).index({ roomType: 1, createdAt: 1, _id: 1 });

const membershipSchema = new Schema<MembershipDocument>(
  {
    roomId: id,
    userId: text,
    isMember: { type: Boolean, required: true },
    joinedAt: date,
    changeId: id,
    version: number,
    taken: [Number],
    number,
    numbersTaken: [Number],
    memberCount: number,
    createdBy: text,
    changedAt: date,
  },
  options,
)
  .index({ roomId: 1, userId: 1 }, { unique: true })
  .index({ roomId: 1, version: 1 }, { unique: true })
  .index(
    { roomId: 1, taken: 1 },
    { unique: true, partialFilterExpression: { taken: { $exists: true } } },
  )
  .index(
    { userId: 1, numbersTaken: 1 },
    { unique: true, partialFilterExpression: { numbersTaken: { $exists: true } } },
  )
  .index({ userId: 1, number: -1 })
  .index({ roomId: 1, isMember: 1, version: 1 })
  .index({ userId: 1, isMember: 1, joinedAt: 1, _id: 1 })
  .index({ changedAt: 1 });

const messageSchema = new Schema<MessageDocument>(
  {
    roomId: id,
    seq: number,
    userId: text,
    username: text,
    content: text,
    messageType: number,
    metadata: { type: String, default: null },
    clientMessageId: String,
    createdAt: date,
    updatedAt: date,
  },
  options,
)
  .index({ roomId: 1, seq: 1 }, { unique: true })
  .index(
    { roomId: 1, userId: 1, clientMessageId: 1 },
    { unique: true, partialFilterExpression: { clientMessageId: { $exists: true } } },
  );

const migrationSchema = new Schema<MigrationDocument>({ _id: text, at: date }, options);

/** The models of a connection. Their indexes are made by `createIndexes`. */
export function createModels(connection: Connection): Omit<Mongo, "readLevel"> {
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
export async function createIndexes({ rooms, memberships, messages }: Omit<Mongo, "readLevel">) {
  await messages.createIndexes();
  await memberships.createIndexes();
  await rooms.createIndexes();
}

/** @throws BSONError where the text is no id; ask `isId` before */
export function toObjectId(hex: string): Types.ObjectId {
  return Types.ObjectId.createFromHexString(hex);
}
