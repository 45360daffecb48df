import type { AppError } from "#contract/errors.ts";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Batching } from "./group-commit.ts";
import type { PageSpan } from "./pages.ts";
import type {
  Appended,
  Changed,
  ChangeRange,
  MemberList,
  MembershipChange,
  MessageChange,
  MessagePage,
  MessageStore,
  Missed,
  NewChange,
  NewMark,
  NewMessage,
  ReadMark,
  RoomView,
  Since,
  Slice,
} from "./store.ts";

/** A message with what it keeps through every attempt to write it. */
export interface PendingMessage extends NewMessage {
  id: string;
  /** The client's id of the message, or "#" and our own where there is none. */
  sendKey: string;
}

/** A user who is to become a member of a room, or to cease to be one. */
export interface PendingChange {
  /** By it an attempt whose answer was lost is recognised. */
  id: string;
  roomId: string;
  userId: string;
  isMember: boolean;
  /** Who adds the user, and has to be a member; undefined: nobody but the user. */
  byUserId: string | undefined;
}

/** What became of one message of a batch. */
export type AppendResult = PromiseSettledResult<Appended>;
/** What became of one change of a batch; undefined: there was nothing to change. */
export type ChangeResult = PromiseSettledResult<MembershipChange | undefined>;
/** What became of one change of a message. */
export type ChangedResult = PromiseSettledResult<Changed>;

/** What became of one mark; undefined: nothing has changed. */
export type MarkResult = PromiseSettledResult<ReadMark | undefined>;

/** A room, and who asks whether they are in it. */
export interface RoomQuestion {
  roomId: string;
  userId: string;
}

/** Messages of a room, numbered `from` to `to`. */
export interface MessageRange {
  roomId: string;
  from: number;
  to: number;
}

/** A page, and who asks for it. */
export interface PageQuestion extends RoomQuestion {
  span: PageSpan;
}

/** Which changes of a room's messages to answer. */
export interface RevisionsQuestion extends ChangeRange {
  roomId: string;
}

/** What somebody has of a room, and how much more they want. */
export interface MissedQuestion extends Since {
  roomId: string;
  limit: number;
}

export interface MembersQuestion extends Slice {
  roomId: string;
}

/** A user's changes of memberships, numbered `from` to `to`. */
export interface ChangesQuestion {
  userId: string;
  from: number;
  to: number;
}

/** A user, and others who may share a room with them. */
export interface SharingQuestion {
  userId: string;
  otherIds: readonly string[];
}

/** What the store leaves to its database as it is. */
type PassedOn =
  | "listReplies"
  | "listReactors"
  | "listPins"
  | "search"
  | "makeSearchable"
  | "listMentions"
  | "readMentionLog"
  | "mentionPosition"
  | "membersSince"
  | "createRoom"
  | "openDirectRoom"
  | "directRoomsOf"
  | "hideRoom"
  | "listPublicRooms"
  | "unblock"
  | "listReads"
  | "setNotify"
  | "membershipPositions"
  | "readPositions"
  | "listRoomStates"
  | "renewPresences"
  | "putPresences"
  | "readPresences"
  | "relationStates"
  | "positions"
  | "ping";

/**
 * One kind of database, as `create-store.ts` uses it to keep the promises of `MessageStore`:
 * ids that it is given can be ids, nobody waits for it for ever, and what it fails with may be
 * the database's own.
 */
export interface StoreDriver extends Pick<MessageStore, PassedOn>, AsyncDisposable {
  /** How messages, changes of messages and changes of members are gathered. */
  batching: Record<"messages" | "changes" | "members" | "marks", Batching>;
  /** Stores messages, no two of which are the same; answers in their order. */
  append: (batch: readonly PendingMessage[]) => Promise<AppendResult[]>;
  /** Changes messages, each room's in the order given; answers in that order. */
  changeMessages: (batch: readonly NewChange[]) => Promise<ChangedResult[]>;
  /** Changes who is a member; answers in the order given. */
  changeMembers: (batch: readonly PendingChange[]) => Promise<ChangeResult[]>;
  /** Marks as read, no two for the same member; answers in their order. */
  markRead: (batch: readonly NewMark[]) => Promise<MarkResult[]>;
  // What is read for many at once is answered in the order of the questions; where one of them
  // can't be answered all may fail.
  /** Null where there is none. */
  findRooms: (asked: readonly RoomQuestion[]) => Promise<(RoomView | null)[]>;
  listRoomsOf: (userIds: readonly string[]) => Promise<Room[][]>;
  /** Null where the room isn't there, or is private and the user isn't in it. */
  listPages: (asked: readonly PageQuestion[]) => Promise<(MessagePage | null)[]>;
  listChanges: (asked: readonly RevisionsQuestion[]) => Promise<MessageChange[][]>;
  /** Null where there is no such room. */
  listMissed: (asked: readonly MissedQuestion[]) => Promise<(Missed | null)[]>;
  listRanges: (ranges: readonly MessageRange[]) => Promise<Message[][]>;
  listMembers: (asked: readonly MembersQuestion[]) => Promise<MemberList[]>;
  listReadMarks: (asked: readonly ChangesQuestion[]) => Promise<ReadMark[][]>;
  listMembershipChanges: (asked: readonly ChangesQuestion[]) => Promise<MembershipChange[][]>;
  /** Answers whether the one is blocked for the other now: not where there are as many already. */
  block: (userId: string, blockedId: string, most: number) => Promise<boolean>;
  listBlocks: (userIds: readonly string[]) => Promise<string[][]>;
  listSharing: (asked: readonly SharingQuestion[]) => Promise<string[][]>;
  /** What a failure means to a caller: trying again may help, or it is a fault of ours. */
  toStoreError: (error: unknown) => AppError;
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: "rejected", reason };
}
