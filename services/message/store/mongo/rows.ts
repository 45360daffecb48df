import type { Types } from "mongoose";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { PendingMessage } from "../driver.ts";
import type { MembershipChange, NewRoom } from "../store.ts";
import { metadataToText, textToMetadata, toMessage, toRoom } from "../stored.ts";
import {
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
  /** The membership that changed last. */
  head: MembershipState[];
  members: { userId: string }[];
}

export function messageToRow(message: PendingMessage, seq: number, at: Date): MessageDocument {
  const { id, roomId, sendKey: _, clientMessageId, ...fields } = message;
  return {
    ...fields,
    _id: toObjectId(id),
    roomId: toObjectId(roomId),
    seq,
    metadata: metadataToText(message.metadata),
    ...(clientMessageId !== undefined && { clientMessageId }),
    createdAt: at,
    updatedAt: at,
  };
}

export function rowToMessage(row: MessageDocument): Message {
  return toMessage({
    clientMessageId: undefined,
    ...row,
    id: row._id.toHexString(),
    roomId: row.roomId.toHexString(),
    metadata: textToMetadata(row.metadata),
  });
}

export function roomToRow(_id: Types.ObjectId, room: NewRoom, createdAt: Date): RoomDocument {
  return { ...room, _id, description: room.description ?? null, createdAt };
}

export function rowToRoom({ _id, last, head: [head], members, ...row }: RoomRow): Room {
  return toRoom({
    ...row,
    id: _id.toHexString(),
    description: row.description ?? undefined,
    createdBy: head?.createdBy ?? row.createdBy,
    members: members.map(({ userId }) => userId),
    updatedAt: head?.changedAt ?? row.createdAt,
    memberCount: head?.memberCount ?? 0,
    lastSeq: last[0]?.seq ?? 0,
  });
}

/** What of a membership says how it changed last. */
export type ChangeRow = Pick<MembershipDocument, keyof MembershipChange>;

export function rowToChange({ userId, number, roomId, isMember }: ChangeRow): MembershipChange {
  return { userId, number, roomId: roomId.toHexString(), isMember };
}
