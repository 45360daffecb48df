import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import {
  type Membership,
  NotifyLevel,
  Role,
  type Room,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import { isModerator } from "../rooms/roles.ts";
import type { RoomPosition } from "./store.ts";
import { toTimestamp } from "./stored.ts";

/** What is stored of a member, beside the room. */
export interface StoredMember {
  joinedAt: Date;
  readSeq: number;
  mentionCount: number;
  notify: NotifyLevel | undefined;
}

/** A room as a user sees it. The room itself is shared by all who ask for it at once. */
export function asSeenBy(userId: string, room: Room, member: StoredMember | undefined): Room {
  return member ? { ...room, membership: membershipOf(userId, room, member) } : room;
}

function membershipOf(userId: string, room: Room, member: StoredMember): Membership {
  return {
    $typeName: "aetherconnect.message.v1.Membership",
    role: isModerator(room, userId) ? Role.OWNER : Role.MEMBER,
    joinedAt: toTimestamp(member.joinedAt),
    readSeq: member.readSeq,
    unreadCount: unreadCountOf(room.lastSeq, member.readSeq),
    mentionCount: member.mentionCount,
    notify: member.notify ?? NotifyLevel.ALL,
    isMuted: false,
  };
}

/** How far a room has come, and its newest messages. */
type Progress = RoomPosition & { messages: readonly Message[] };

/** The same room, as a user sees it, where it has come further meanwhile. */
export function atPosition(userId: string, room: Room, progress: Progress): Room {
  const { lastSeq, lastRevision, messages } = progress;
  if (room.lastSeq === lastSeq && room.lastRevision === lastRevision) return room;
  const { membership } = room;
  const moved = { ...room, lastSeq, lastRevision };
  if (!membership) return moved;
  const counted = Math.max(room.lastSeq, membership.readSeq);
  const mentioning = messages.filter((it) => it.seq > counted && isMentionOf(userId, it));
  const mentionCount = membership.mentionCount + mentioning.length;
  const unreadCount = unreadCountOf(lastSeq, membership.readSeq);
  return { ...moved, membership: { ...membership, unreadCount, mentionCount } };
}

function isMentionOf(userId: string, message: Message): boolean {
  if (message.deletedAt || message.userId === userId) return false;
  return message.mentionsRoom || message.mentions.includes(userId);
}

/** What is marked while the room is read may be ahead of it. */
function unreadCountOf(lastSeq: number, readSeq: number): number {
  return Math.max(lastSeq - readSeq, 0);
}
