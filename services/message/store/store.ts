import type { JsonObject } from "@bufbuild/protobuf";
import type {
  ChangeType,
  Message,
  SendMessageRequest,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type {
  CreateRoomRequest,
  NotifyLevel,
  Room,
} from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { Phrase } from "../search/words.ts";
import type { PageSpan } from "./pages.ts";
import type { Fields } from "./stored.ts";

/** A message that has no number yet: what is sent, and by whom. */
export interface NewMessage extends Fields<SendMessageRequest> {
  userId: string;
  /** The sender's name, as it will stand beside the message for ever. */
  username: string;
}

/** A message as it is stored. */
export interface Appended {
  message: Message;
  /** Whether it had been stored before, under the same `clientMessageId`. */
  isDuplicate: boolean;
  /** Its number in the log of mentions; undefined where it mentions nobody, or is no new one. */
  mentionNumber?: number | undefined;
  /** That the sender has read up to it; undefined: that was so, or up to a later one. */
  mark?: ReadMark | undefined;
  /** By which it has brought a direct room into the lists of those who hadn't it there. */
  shown: readonly MembershipChange[];
}

/** A message that mentions somebody; `number` counts those of all rooms: 1, 2, 3 … in gaps. */
export interface Mention {
  number: number;
  message: Message;
}

/** Whose mentions to answer: the newest, or the newest below a number. */
export interface MentionsQuery {
  userId: string;
  below: number | undefined;
  limit: number;
}

/**
 * Up to where a user has read a room. `number` counts that user's marks, in gaps: of a room
 * only the last is kept. Numbers never repeat and never go back.
 */
export interface ReadMark {
  userId: string;
  number: number;
  roomId: string;
  seq: number;
}

/** What is to be marked as read; `seq` undefined: everything. */
export interface NewMark {
  roomId: string;
  userId: string;
  seq: number | undefined;
  /** Whether what has been read stays read, also if it is more. */
  onlyRises: boolean;
}

/** A room as it is for those who haven't joined it. */
export interface RoomState extends RoomPosition {
  roomId: string;
  lastMessage: Message | undefined;
}

/** What a user does to a message; `isOn`: whether there is to be a reaction or a pin. */
export type Act =
  | { kind: "edit"; content: string; metadata: JsonObject | undefined }
  | { kind: "delete" }
  | { kind: "react"; emoji: string; isOn: boolean }
  | { kind: "pin"; isOn: boolean };

/** A change of a message that is not made yet. */
export interface NewChange {
  roomId: string;
  seq: number;
  userId: string;
  act: Act;
}

/** A message as it is after a change, which has its revision; what was done, and by whom. */
export interface MessageChange {
  message: Message;
  change: ChangeType;
  userId: string;
}

/** What has come of a change. */
export interface Changed {
  /** The message as it is now. */
  message: Message;
  /** Undefined where there was nothing to change. */
  change: MessageChange | undefined;
}

/** Which changes of a room to answer: those numbered `from` to `to`, both included. */
export interface ChangeRange {
  from: number;
  to: number;
  /** The first of them alone. */
  limit?: number;
}

/** What somebody has of a room. */
export interface Since {
  afterSeq: number;
  /** Undefined where changes are not wanted. */
  afterRevision: number | undefined;
}

/** What somebody has missed of a room, which stood there then. */
export interface Missed extends RoomPosition {
  /** The first above `afterSeq`. */
  messages: Message[];
  /** The first of those up to `afterSeq` that have changed above `afterRevision`, by revision. */
  changes: Message[];
}

/** Which replies of a thread to answer: the newest, the newest below a number, or those above one. */
export interface ThreadSpan {
  before: number | undefined;
  after: number | undefined;
  limit: number;
}

/** Some of a thread's replies, in order, and how many were ever sent. */
export interface ThreadPage {
  messages: Message[];
  total: number;
  hasOlder: boolean;
  hasNewer: boolean;
}

/** A message's place among those of all rooms: by time, then by id. */
export interface Place {
  createdAt: Date;
  id: string;
}

/** Which messages to find; what is undefined narrows nothing. */
export interface SearchQuery {
  /** Who searches, in the rooms they are a member of. */
  userId: string;
  /** One at least; all have to occur. */
  phrases: readonly Phrase[];
  roomId: string | undefined;
  senderId: string | undefined;
  /** Both exclusive. */
  after: Date | undefined;
  before: Date | undefined;
  /** Those older than this one. */
  beyond: Place | undefined;
  limit: number;
}

/** Who has reacted with an emoji: a part of them, and how many they are. */
export interface Reactors {
  userIds: string[];
  total: number;
}

/** A room that is not there yet: what its creator says of it. */
export interface NewRoom extends Fields<CreateRoomRequest> {
  createdBy: string;
}

/** The room of a pair of users, as it was opened. */
export interface OpenedRoom {
  room: Room;
  /** Whether it wasn't there before. */
  isNew: boolean;
  /** By which it has come into the opener's list; undefined: it was there. */
  change: MembershipChange | undefined;
}

/** A room as one user sees it: see `room-view.ts`. */
export interface RoomView {
  room: Room;
  isMember: boolean;
}

/** A membership: who, and since when. */
export interface Membership {
  userId: string;
  joinedAt: Date;
}

/** Some of a room's members, and how many there are in all. */
export interface MemberList {
  members: Membership[];
  total: number;
}

/** A page of a room's messages, in order, and where the room stood then. */
export interface MessagePage extends RoomPosition {
  messages: Message[];
}

/**
 * A change of a user's memberships. `number` counts that user's changes: 1, 2, 3 … Of a room
 * only the last change is kept, so what is read may have gaps; numbers never repeat and never
 * go back. A direct room that is hidden from the user's list is to it as one that they aren't in.
 */
export interface MembershipChange {
  userId: string;
  number: number;
  roomId: string;
  isMember: boolean;
}

/** How far a room has come, for those who follow it. */
export interface RoomPosition {
  lastSeq: number;
  lastRevision: number;
}

/** What of a room is looked at again and again, for those who follow it. */
export interface RoomHead extends RoomPosition {
  createdBy: string;
}

/** What an instance says of a user: there by its sockets, or gone since then. */
export interface PresenceChange {
  userId: string;
  status: PresenceStatus;
  /** When the last socket closed. */
  lastSeenAt: Date | undefined;
}

/** How a user is by what other instances say. */
export interface Seen {
  status: PresenceStatus;
  /** When they were seen last, as far as it is known; undefined unless they are offline. */
  lastSeenAt: Date | undefined;
}

/** Which part of a list to answer. */
export interface Slice {
  offset: number;
  limit: number;
}

/**
 * Where rooms and messages live. One database may be used by several stores at once, in
 * several processes; every guarantee holds across them.
 *
 * Ids of rooms and messages are 24 hex digits; anything else is an id that isn't there. A
 * method throws UNAVAILABLE where the database can't be reached, BUSY where too much waits. Reads
 * see all that was acknowledged before they were asked for.
 */
export interface MessageStore extends AsyncDisposable {
  /**
   * Stores a message, durably, before it answers.
   *
   * - Numbers (`seq`) of a room are 1, 2, 3 … without gaps, whatever fails, and a message is
   *   never seen before those with smaller numbers.
   * - Calls for one room that are begun in an order are numbered in that order.
   * - A repeated `clientMessageId` of the same user in the same room answers the first
   *   message and takes no number.
   * - If it throws UNAVAILABLE the message may have been stored all the same; with the same
   *   `clientMessageId` the call can be repeated. It is never stored twice.
   *
   * - A reply (`replyTo`) is counted by the message that its thread hangs on.
   * - Of those mentioned only members are stored, each once, and not the sender.
   *
   * @throws AppError ROOM_NOT_FOUND (none such, or private and the user isn't a member),
   *   NOT_IN_ROOM (public, and the user isn't a member), BLOCKED (direct, by the other user: by
   *   what was answered before the call was begun), MESSAGE_NOT_FOUND (what is replied to isn't
   *   there, or deleted), FORBIDDEN (it mentions a room for which that takes a moderator)
   */
  append: (message: NewMessage) => Promise<Appended>;

  /**
   * The messages numbered `from` to `to`, both included, in order. Who asks for the same at the
   * same moment is answered by the same list.
   */
  listMessages: (roomId: string, from: number, to: number) => Promise<Message[]>;

  /**
   * A page as a user may read it, at one moment: no message has a revision above the room's. One
   * answer for all who ask for it at the same moment.
   * @throws AppError ROOM_NOT_FOUND (none such, or private and the user isn't a member)
   */
  readPage: (roomId: string, userId: string, span: PageSpan) => Promise<MessagePage>;

  /**
   * Changes a message, durably, before it answers.
   *
   * - Changes of a room's messages are numbered 1, 2, 3 … and never seen before those with
   *   smaller numbers (`revision`). Of a message only the last is kept.
   * - Each is judged on what those before have left, so that none undoes another unawares.
   * - What was deleted is gone: its content is nowhere in the database's tables.
   * - If it throws UNAVAILABLE the change may have been made all the same; to repeat the call
   *   is no harm.
   *
   * @throws AppError ROOM_NOT_FOUND (none such, or private and the user isn't a member),
   *   NOT_IN_ROOM (public, and the user isn't a member), MESSAGE_NOT_FOUND, BLOCKED,
   *   FORBIDDEN, LIMIT_REACHED
   */
  changeMessage: (wanted: NewChange) => Promise<Changed>;

  /**
   * The messages of a room whose last change is in a range, by revision. Whoever reads up to a
   * revision that a room has had by then misses no change below it, though of a message that has
   * changed again the later one alone.
   */
  listChanges: (roomId: string, range: ChangeRange) => Promise<MessageChange[]>;

  /**
   * What was missed of a room, as it is at one moment: no message of the answer has a revision
   * above its `lastRevision`, and who has all up to there misses nothing.
   * @param limit of each list; one more change is answered where there are more
   */
  readMissed: (roomId: string, since: Since, limit: number) => Promise<Missed>;

  /** Replies of the thread that hangs on a message; undefined: no such message. */
  listReplies: (roomId: string, seq: number, span: ThreadSpan) => Promise<ThreadPage | undefined>;

  /** Who has reacted so to a message, in the order of use; undefined: no such message, or deleted. */
  listReactors: (
    roomId: string,
    seq: number,
    emoji: string,
    slice: Slice,
  ) => Promise<Reactors | undefined>;

  /** The pinned messages of a room, the newest pin first. */
  listPins: (roomId: string) => Promise<Message[]>;

  /**
   * The first messages that a query finds, the newest first. A message is found as soon as it is
   * stored or edited, by the words it has now alone; where more than a thousand have been stored
   * since they were last indexed, the older ones of these when they are. A deleted one is never
   * found, and its words are nowhere in the database's tables.
   */
  search: (query: SearchQuery) => Promise<Message[]>;

  /**
   * Puts some messages into the index of words that aren't there yet: those that this store has
   * written, or all, those of a version without search too. Answers whether there may be more.
   * Several may do so at once.
   */
  makeSearchable: (where: "here" | "everywhere") => Promise<boolean>;

  /**
   * Messages that mention a user, in the rooms that they are in, the newest first. A room mentions
   * those who have been in it since; deleted messages mention nobody.
   */
  listMentions: (query: MentionsQuery) => Promise<Mention[]>;

  /** Messages that mention anybody, numbered `from` to `to`, both included, by number. */
  readMentionLog: (from: number, to: number) => Promise<Mention[]>;

  /**
   * The last number of the log of mentions. Whoever reads up to there misses nothing below it:
   * numbers appear in their order.
   */
  mentionPosition: () => Promise<number>;

  /** Those of the users who have been members of a room since then. */
  membersSince: (at: Date, roomId: string, userIds: readonly string[]) => Promise<string[]>;

  /**
   * Creates a room whose creator is its first member.
   * @throws AppError RATE_LIMITED where they are in too many rooms: see `room-limits.ts`
   */
  createRoom: (room: NewRoom) => Promise<{ room: Room; change: MembershipChange }>;

  /**
   * The room of two users, or of one alone, made where there is none: one for each pair for ever,
   * also when both open it at once. It is in the opener's list then, and comes into the other's
   * with the next message.
   * @throws AppError BLOCKED (by the other), RATE_LIMITED where the opener is in too many rooms
   */
  openDirectRoom: (userId: string, peerId: string) => Promise<OpenedRoom>;

  /** The ids of the direct rooms of users. */
  directRoomsOf: (userIds: readonly string[]) => Promise<string[]>;

  /**
   * Takes a direct room out of a member's list, until its next message or until they open it;
   * they stay a member. Answers the changes, in order: none where it wasn't there, two where a
   * message has brought it back at once.
   */
  hideRoom: (roomId: string, userId: string) => Promise<MembershipChange[]>;

  /** A room, and whether the user is in it; undefined if there is none. */
  findRoom: (roomId: string, userId: string) => Promise<RoomView | undefined>;

  /**
   * The rooms that a user is a member of, but for hidden ones, with their last messages, in the order of joining: no
   * more than they may have.
   */
  listRoomsOf: (userId: string) => Promise<Room[]>;

  /** Public rooms as a user sees them, the oldest first, and how many there are in all. */
  listPublicRooms: (userId: string, slice: Slice) => Promise<{ rooms: Room[]; total: number }>;

  /** Members, the oldest member first, and how many there are in all. */
  listMembers: (roomId: string, slice: Slice) => Promise<MemberList>;

  /**
   * Makes the user a member; undefined if they were one already.
   * @param byUserId who adds the user, and has to be a member when it happens
   * @throws AppError ROOM_NOT_FOUND (also where who adds is no member), RATE_LIMITED where the
   *   user is in too many rooms: several calls at once may pass that bound
   */
  addMember: (
    roomId: string,
    userId: string,
    byUserId?: string,
  ) => Promise<MembershipChange | undefined>;

  /**
   * Ends a membership; undefined if there was none. If it was the creator's, the oldest member
   * takes that place. An `append` begun after this has answered is refused.
   */
  removeMember: (roomId: string, userId: string) => Promise<MembershipChange | undefined>;

  /** A user's changes of memberships numbered `from` to `to`, both included, by number. */
  listMembershipChanges: (userId: string, from: number, to: number) => Promise<MembershipChange[]>;

  /**
   * The number of each user's last change; users without any are left out. Whoever reads up to
   * a number that this has answered misses no change below it: numbers appear in their order.
   */
  membershipPositions: (userIds: readonly string[]) => Promise<Map<string, number>>;

  /**
   * Blocks one user for another; they may be blocked already.
   * @throws AppError LIMIT_REACHED where the user has blocked too many: several calls at once may
   *   pass that bound
   */
  block: (userId: string, blockedId: string) => Promise<void>;

  /** Ends a block, if there is one. */
  unblock: (userId: string, blockedId: string) => Promise<void>;

  /** Those whom a user has blocked, in that order. */
  listBlocks: (userId: string) => Promise<string[]>;

  /**
   * Marks a room as read, durably, before it answers; nothing beyond its end. Undefined where
   * nothing changes by it, or the user isn't a member.
   */
  markRead: (mark: NewMark) => Promise<ReadMark | undefined>;

  /** Up to where each member has read, the oldest member first: of the first members alone. */
  listReads: (roomId: string, limit: number) => Promise<{ userId: string; seq: number }[]>;

  /** Sets of which messages of a room a member wants to be notified. */
  setNotify: (roomId: string, userId: string, level: NotifyLevel) => Promise<void>;

  /** A user's marks numbered `from` to `to`, both included, by number, as they are now. */
  listReadMarks: (userId: string, from: number, to: number) => Promise<ReadMark[]>;

  /** The number of each user's last mark, as `membershipPositions`. */
  readPositions: (userIds: readonly string[]) => Promise<Map<string, number>>;

  /** Each room with its last message; rooms that aren't there are left out. */
  listRoomStates: (roomIds: readonly string[]) => Promise<RoomState[]>;

  /** Where each room stands; rooms that aren't there are left out. */
  positions: (roomIds: readonly string[]) => Promise<Map<string, RoomHead>>;

  /**
   * What the instance says of its users holds for so long from now, by the database's clock. False:
   * it has no such word by then, or it may be lost, and has to say all of it again. Users of
   * instances whose time is over are offline, seen last when it was renewed last.
   */
  renewPresences: (instanceId: string, lifetimeMs: number) => Promise<boolean>;

  /** What an instance says of users, no two of them the same. */
  putPresences: (instanceId: string, changes: readonly PresenceChange[]) => Promise<void>;

  /** How users are by what all instances say but one; who was never seen is left out. */
  readPresences: (
    userIds: readonly string[],
    exceptInstanceId: string,
  ) => Promise<Map<string, Seen>>;

  /**
   * A text for each of the users: where it is as before, their memberships and blocks are so too.
   * Users without any may be left out.
   */
  relationStates: (userIds: readonly string[]) => Promise<Map<string, string>>;

  /** Those of the others who are in a room together with the user. */
  listSharing: (userId: string, otherIds: readonly string[]) => Promise<string[]>;

  /** Answers whether the database answers, within a second. */
  ping: () => Promise<boolean>;
}
