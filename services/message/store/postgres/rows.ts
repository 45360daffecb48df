import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Message,
  MessageSchema,
  type MessageType,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomSchema, type RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { parseMetadata } from "../pending.ts";

/** A row of `messages`; times may come as text, from JSON. */
export interface MessageRow {
  id: string;
  roomId: string;
  seq: number;
  userId: string;
  username: string;
  content: string;
  messageType: MessageType;
  metadata: string | null;
  sendKey: string;
  createdAt: Date | string;
  updatedAt: Date | string;
}

export interface RoomRow {
  id: string;
  name: string;
  description: string | null;
  roomType: RoomType;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  memberCount: number;
  lastSeq: number;
  members: string[];
}

export function rowToMessage(row: MessageRow): Message {
  const message = create(MessageSchema, {
    id: row.id,
    userId: row.userId,
    username: row.username,
    roomId: row.roomId,
    content: row.content,
    messageType: row.messageType,
    createdAt: timestampFromDate(new Date(row.createdAt)),
    updatedAt: timestampFromDate(new Date(row.updatedAt)),
    seq: row.seq,
  });
  if (row.metadata !== null) message.metadata = parseMetadata(row.metadata);
  if (!row.sendKey.startsWith("#")) message.clientMessageId = row.sendKey;
  return message;
}

export function rowToRoom(row: RoomRow): Room {
  const { description, createdAt, updatedAt, ...rest } = row;
  return create(RoomSchema, {
    ...rest,
    ...(description !== null && { description }),
    createdAt: timestampFromDate(createdAt),
    updatedAt: timestampFromDate(updatedAt),
  });
}
