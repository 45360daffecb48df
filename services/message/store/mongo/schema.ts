import {
  type Connection,
  type Model,
  Schema,
  type SchemaDefinitionProperty,
  Types,
} from "mongoose";
import type { NotifyLevel } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { StoredMessage, StoredRoom } from "../stored.ts";
import type { ByChange } from "../stored-changes.ts";

/** What of a room stands in the memberships and messages. */
type CountedElsewhere = "members" | "memberCount" | "updatedAt" | "lastSeq" | "lastRevision";

export interface RoomDocument extends Omit<StoredRoom, "id" | "description" | CountedElsewhere> {
  _id: Types.ObjectId;
  description: string | null;
  /** Whose direct room it is; unique. Absent from others. */
  pair?: string;
  /** Who numbers messages here for the moment, by the server's clock; see `leases.ts`. */
  leaseOwner?: string;
  leaseUntil?: Date;
  /** Counted to make what was written before durable; see `barrier`. */
  barriers?: number;
}

/** What only replies have, and only what was replied to. */
type OfThreads = "replyTo" | "threadSeq" | "replyCount" | "lastReplyAt";

export interface MessageDocument
  extends Omit<
      StoredMessage,
      "id" | "roomId" | "metadata" | "clientMessageId" | keyof ByChange | OfThreads
    >,
    Partial<Pick<StoredMessage, OfThreads>>,
    MessageChanges {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  /** JSON text: keys may have any order, and dots and dollars in them. */
  metadata: string | null;
  /** Those of the content; absent where a version without search has stored it. */
  words?: string[];
  /** Absent where the client gave none. */
  clientMessageId?: string;
  /** Under which names its mentions are found, if it mentions anybody: see `mentionKeysOf`. */
  mentioned?: readonly string[];
  /** By which it stands in the log of mentions; unique. */
  mentionNumber?: number;
}

/**
 * What has become of a message. One write changes all of it, under the number that it takes: for
 * want of transactions who has reacted stands in the document too, as long as that list may be.
 */
export interface MessageChanges
  extends Partial<Pick<ByChange, "revision" | "deletedAt" | "pinnedAt">> {
  /** JSON text. */
  changes?: string;
  /** All who have reacted, by emoji. */
  reactors?: { emoji: string; userIds: string[] }[];
  /** The last revisions that its changes took; unique in a room. */
  taken?: number[];
}

/** What of a message is for those who write alone. */
export const hiddenFields = {
  ...{ reactors: 0, taken: 0, words: 0 },
  ...{ mentioned: 0, mentionNumber: 0 },
} as const;

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
  /**
   * The numbers that its changes took, this one's last; unique for a user as `number` is. Absent
   * from a direct room that the user has never seen: its number is 0.
   */
  numbersTaken?: number[];
  /** The other user of a direct room. */
  peerId?: string;
  /** The direct room isn't in the user's list while this is its last message; see `direct-rooms.ts`. */
  hiddenSeq?: number;
  /** Absent where a version made it that knew of no such thing: see `roomSeenBy`. */
  readSeq?: number;
  /** The mark that has set `readSeq`, while it isn't known to be noted in the user's log. */
  unnoted?: Types.ObjectId;
  /** Absent until the user has chosen. */
  notify?: NotifyLevel;
}

/** What a room is after a change of its members. */
export interface MembershipState {
  version: number;
  memberCount: number;
  createdBy: string;
  changedAt: Date;
}

/** A user whom another has blocked. */
export interface BlockDocument {
  _id: Types.ObjectId;
  userId: string;
  blockedId: string;
  /** How often. */
  asked: number;
}

/** How many marks a user has made, and the rooms of the last of them, the last one last. */
export interface ReadLogDocument {
  _id: string;
  number: number;
  rooms: Types.ObjectId[];
}

/** An instance: what it says of its users holds until `endsAt`, by the server's clock. */
export interface PresenceInstanceDocument {
  _id: string;
  seenAt: Date;
  endsAt: Date;
}

/** What an instance says of a user who is there. */
export interface PresenceDocument {
  /** Both ids. */
  _id: string;
  userId: string;
  instanceId: string;
  status: PresenceStatus;
}

/** When a user was seen last; the id is the user's. */
export interface LastSeenDocument {
  _id: string;
  at: Date;
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
  blocks: Model<BlockDocument>;
  readLogs: Model<ReadLogDocument>;
  presenceInstances: Model<PresenceInstanceDocument>;
  presences: Model<PresenceDocument>;
  lastSeen: Model<LastSeenDocument>;
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
  pair: String,
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
  numbersTaken: { type: [Number], default: undefined },
  peerId: String,
  hiddenSeq: Number,
  readSeq: Number,
  unnoted: Schema.Types.ObjectId,
  notify: Number,
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
  words: { type: [String], default: undefined },
  mentioned: { type: [String], default: undefined },
  mentionNumber: Number,
  createdAt: required.date,
  updatedAt: required.date,
  revision: Number,
  changes: String,
  deletedAt: Date,
  reactors: { type: [{ _id: false, emoji: String, userIds: [String] }], default: undefined },
  pinnedAt: Date,
  replyTo: Number,
  threadSeq: Number,
  replyCount: Number,
  lastReplyAt: Date,
  taken: { type: [Number], default: undefined },
} satisfies Definition<MessageDocument>;

/** Of the documents that have the field. */
const where = (field: string) =>
  ({ partialFilterExpression: { [field]: { $exists: true } } }) as const;
const uniqueWhere = (field: string) => ({ unique: true, ...where(field) }) as const;

const roomSchema = new Schema<RoomDocument>(roomFields, options)
  .index({ roomType: 1, createdAt: 1, _id: 1 })
  .index({ pair: 1 }, uniqueWhere("pair"));

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
  .index({ roomId: 1, userId: 1, clientMessageId: 1 }, uniqueWhere("clientMessageId"))
  .index({ roomId: 1, taken: 1 }, uniqueWhere("taken"))
  .index({ roomId: 1, revision: 1 }, where("revision"))
  .index({ roomId: 1, pinnedAt: 1 }, where("pinnedAt"))
  .index({ roomId: 1, threadSeq: 1, seq: 1 }, where("threadSeq"))
  .index({ roomId: 1, words: 1, createdAt: -1, _id: -1 })
  .index({ mentionNumber: 1 }, uniqueWhere("mentionNumber"))
  .index({ mentioned: 1, roomId: 1, seq: 1 }, where("mentioned"))
  .index({ mentioned: 1, roomId: 1, mentionNumber: 1 }, where("mentioned"));

const blockFields = {
  userId: required.text,
  blockedId: required.text,
  asked: required.number,
} satisfies Definition<BlockDocument>;

const blockSchema = new Schema<BlockDocument>(blockFields, options).index(
  { userId: 1, blockedId: 1 },
  { unique: true },
);

const readLogSchema = new Schema<ReadLogDocument>(
  { _id: required.text, number: required.number, rooms: [Schema.Types.ObjectId] },
  options,
);

const presenceInstanceSchema = new Schema<PresenceInstanceDocument>(
  { _id: required.text, seenAt: required.date, endsAt: required.date },
  options,
);
const presenceSchema = new Schema<PresenceDocument>(
  {
    _id: required.text,
    userId: required.text,
    instanceId: required.text,
    status: required.number,
  },
  options,
)
  .index({ userId: 1 })
  .index({ instanceId: 1 });
const lastSeenSchema = new Schema<LastSeenDocument>(
  { _id: required.text, at: required.date },
  options,
);

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
    blocks: connection.model<BlockDocument>("Block", blockSchema, "blocks"),
    readLogs: connection.model<ReadLogDocument>("ReadLog", readLogSchema, "readlogs"),
    presenceInstances: connection.model<PresenceInstanceDocument>(
      "PresenceInstance",
      presenceInstanceSchema,
      "presenceInstances",
    ),
    presences: connection.model<PresenceDocument>("Presence", presenceSchema, "presences"),
    lastSeen: connection.model<LastSeenDocument>("LastSeen", lastSeenSchema, "lastSeen"),
    migrations: connection.model<MigrationDocument>("Migration", migrationSchema, "migrations"),
  };
}

/** Everything that the store promises rests on these: it isn't used before they are there. */
export async function createIndexes(models: Models): Promise<void> {
  const { rooms, memberships, messages, blocks, presences } = models;
  await messages.createIndexes();
  await memberships.createIndexes();
  await rooms.createIndexes();
  await blocks.createIndexes();
  await presences.createIndexes();
}

/** @throws BSONError where the text is no id; ask `isId` before */
export function toObjectId(hex: string): Types.ObjectId {
  return Types.ObjectId.createFromHexString(hex);
}
