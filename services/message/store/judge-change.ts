import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { AppError, limitReached } from "#contract/errors.ts";
import {
  ChangeType,
  type Message,
  type Reaction,
  ReactionSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { isModerator } from "../rooms/roles.ts";
import type { Act, NewChange } from "./store.ts";
import { metadataToText } from "./stored.ts";

/** Of a message, by different emoji. */
const mostReactions = 20;
/** The users that a message names beside each emoji. */
export const usersShown = 20;
/** Of a room. */
export const mostPins = 50;

/** What changes of one room's messages are judged on: how everything is now. */
export interface Basis {
  room: Pick<Room, "roomType" | "createdBy" | "lastRevision">;
  /** Those of the users who want a change that are members. */
  members: Set<string>;
  /** Those of them whom the other user of a direct room has blocked. */
  blocked: Set<string>;
  /** Those of the messages to be changed that there are, by number. */
  messages: Map<number, MessageState>;
  pins: { count: number; lastAt: Date | undefined };
  at: Date;
}

/** A message, and who has reacted to it. */
export interface MessageState {
  message: Message;
  /**
   * By emoji, in the order of use. Of many it is enough to have the first, as many as are shown
   * and may cease now, and whoever reacts now.
   */
  reactors: Map<string, readonly string[]>;
}

/** A message as it is to be. */
export interface Judged extends MessageState {
  /** Undefined where it is so already. */
  change: ChangeType | undefined;
}

/**
 * Judges a change and puts what follows into the basis, for the next one.
 * @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM, MESSAGE_NOT_FOUND, BLOCKED, FORBIDDEN,
 *   LIMIT_REACHED
 */
export function judge(basis: Basis | undefined, { userId, seq, act }: NewChange): Judged {
  if (!basis?.members.has(userId)) {
    const isPublic = basis?.room.roomType === RoomType.PUBLIC;
    throw new AppError(isPublic ? "NOT_IN_ROOM" : "ROOM_NOT_FOUND");
  }
  const state = basis.messages.get(seq);
  // Of a deleted message nothing is left to change; to delete it again is no fault.
  const isGone = state?.message.deletedAt !== undefined && act.kind !== "delete";
  if (!state || isGone) throw new AppError("MESSAGE_NOT_FOUND");
  // What one has said can be taken back.
  if (basis.blocked.has(userId) && act.kind !== "delete") throw new AppError("BLOCKED");
  const judged = judgeAct(basis, state, userId, act);
  if (judged.change === undefined) return judged;
  const revision = basis.room.lastRevision + 1;
  const message = { ...judged.message, revision };
  basis.room = { ...basis.room, lastRevision: revision };
  basis.pins = withPins(basis.pins, state.message, message);
  basis.messages.set(seq, { ...judged, message });
  return { ...judged, message };
}

function judgeAct(basis: Basis, state: MessageState, userId: string, act: Act): Judged {
  const { message } = state;
  const now = timestampFromDate(basis.at);
  switch (act.kind) {
    case "edit": {
      if (message.userId !== userId) throw new AppError("FORBIDDEN");
      const { content, metadata = message.metadata } = act;
      const isSame =
        content === message.content &&
        metadataToText(metadata) === metadataToText(message.metadata);
      if (isSame) return asItIs(state);
      const edited = { ...message, content, metadata, editedAt: now, updatedAt: now };
      return { ...state, message: edited, change: ChangeType.EDITED };
    }
    case "delete": {
      const mayDelete = message.userId === userId || isModerator(basis.room, userId);
      if (!mayDelete) throw new AppError("FORBIDDEN");
      if (message.deletedAt) return asItIs(state);
      const change = ChangeType.DELETED;
      return { message: deleted(message, userId, now), reactors: new Map(), change };
    }
    case "react":
      return react(state, userId, act);
    case "pin": {
      const mayPin = basis.room.roomType !== RoomType.PUBLIC || isModerator(basis.room, userId);
      if (!mayPin) throw new AppError("FORBIDDEN");
      if (act.isOn === isPinned(message)) return asItIs(state);
      if (act.isOn && basis.pins.count >= mostPins) throw limitReached("pins", mostPins);
      const pinnedAt = act.isOn ? timestampFromDate(timeOfPin(basis)) : undefined;
      const pinned = { ...message, pinnedAt, pinnedBy: act.isOn ? userId : undefined };
      return { ...state, message: pinned, change: ChangeType.PINNED };
    }
  }
}

function asItIs(state: MessageState): Judged {
  return { ...state, change: undefined };
}

/** What is left of a message: its place. */
function deleted(message: Message, userId: string, now: Timestamp): Message {
  return {
    ...message,
    content: "",
    metadata: undefined,
    reactions: [],
    mentions: [],
    mentionsRoom: false,
    pinnedAt: undefined,
    pinnedBy: undefined,
    updatedAt: now,
    deletedAt: now,
    deletedBy: userId,
  };
}

function react(
  state: MessageState,
  userId: string,
  { emoji, isOn }: { emoji: string; isOn: boolean },
): Judged {
  const { message, reactors } = state;
  const users = reactors.get(emoji) ?? [];
  if (users.includes(userId) === isOn) return asItIs(state);
  const known = message.reactions.find((it) => it.emoji === emoji);
  if (!known && message.reactions.length >= mostReactions) {
    throw limitReached("reactions", mostReactions);
  }
  const left = isOn ? [...users, userId] : users.filter((it) => it !== userId);
  const count = (known?.count ?? 0) + (isOn ? 1 : -1);
  const userIds = left.slice(0, usersShown);
  const reaction = create(ReactionSchema, { emoji, count, userIds });
  return {
    message: { ...message, reactions: withReaction(message.reactions, reaction) },
    reactors: new Map(reactors).set(emoji, left),
    change: ChangeType.REACTED,
  };
}

/** An emoji that nobody uses any more loses its place. */
function withReaction(reactions: readonly Reaction[], one: Reaction): Reaction[] {
  const isThere = reactions.some(({ emoji }) => emoji === one.emoji);
  const all = isThere
    ? reactions.map((it) => (it.emoji === one.emoji ? one : it))
    : [...reactions, one];
  return all.filter(({ count }) => count > 0);
}

/** Pins are listed by their times, so no two have the same. */
function timeOfPin({ pins: { lastAt }, at }: Basis): Date {
  return lastAt && lastAt >= at ? new Date(lastAt.getTime() + 1) : at;
}

function withPins({ count, lastAt }: Basis["pins"], before: Message, after: Message) {
  const pinnedNow = isPinned(before) ? undefined : after.pinnedAt;
  return {
    count: count + Number(isPinned(after)) - Number(isPinned(before)),
    lastAt: pinnedNow ? timestampDate(pinnedNow) : lastAt,
  };
}

function isPinned({ pinnedAt }: Message): boolean {
  return pinnedAt !== undefined;
}
