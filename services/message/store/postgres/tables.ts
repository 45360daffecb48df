import type { Generated } from "kysely";
import type { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";

/** Tables of the schema `message`. */
export interface Database {
  rooms: RoomTable;
  memberships: MembershipTable;
  membershipCounters: MembershipCounterTable;
  membershipLog: MembershipLogTable;
  messages: MessageTable;
}

interface RoomTable {
  id: string;
  name: string;
  description: string | null;
  roomType: RoomType;
  createdBy: string;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  lastSeq: Generated<number>;
  memberCount: Generated<number>;
  membershipVersion: Generated<number>;
}

interface MembershipTable {
  roomId: string;
  userId: string;
  joinedAt: Generated<Date>;
  /** Grows with each membership, in the order of joining. */
  position: Generated<string>;
}

/** The number of each user's last change of memberships. */
interface MembershipCounterTable {
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

interface MessageTable {
  roomId: string;
  seq: number;
  id: string;
  userId: string;
  username: string;
  content: string;
  messageType: MessageType;
  /** JSON text: jsonb would reorder keys. */
  metadata: string | null;
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
  createdAt: Date;
  updatedAt: Date;
}
