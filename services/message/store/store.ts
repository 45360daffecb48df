import type { Message, SendMessageRequest } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { CreateRoomRequest, Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
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
}

/** A room that is not there yet: what its creator says of it. */
export interface NewRoom extends Fields<CreateRoomRequest> {
  createdBy: string;
}

/** A room as one user sees it. */
export interface RoomView {
  room: Room;
  isMember: boolean;
}

/** A membership: who, and since when. */
export interface Membership {
  userId: string;
  joinedAt: Date;
}

/**
 * A change of a user's memberships. `number` counts that user's changes: 1, 2, 3 … Of a room
 * only the last change is kept, so what is read may have gaps; numbers never repeat and never
 * go back.
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
 * method throws UNAVAILABLE where the database can't be reached, BUSY where too much waits.
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
   * @throws AppError ROOM_NOT_FOUND (none such, or private and the user isn't a member),
   *   NOT_IN_ROOM (public, and the user isn't a member)
   */
  append: (message: NewMessage) => Promise<Appended>;

  /** The messages numbered `from` to `to`, both included, in order. */
  listMessages: (roomId: string, from: number, to: number) => Promise<Message[]>;

  /**
   * Creates a room whose creator is its first member.
   * @throws AppError RATE_LIMITED where they are in too many rooms: see `room-limits.ts`
   */
  createRoom: (room: NewRoom) => Promise<{ room: Room; change: MembershipChange }>;

  /** A room, and whether the user is in it; undefined if there is none. */
  findRoom: (roomId: string, userId: string) => Promise<RoomView | undefined>;

  /** The rooms that a user is a member of, in the order of joining: no more than they may have. */
  listRoomsOf: (userId: string) => Promise<Room[]>;

  /** Public rooms, the oldest first, and how many there are in all. */
  listPublicRooms: (slice: Slice) => Promise<{ rooms: Room[]; total: number }>;

  /** Members, the oldest member first, and how many there are in all. */
  listMembers: (roomId: string, slice: Slice) => Promise<{ members: Membership[]; total: number }>;

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

  /** Where each room stands; rooms that aren't there are left out. */
  positions: (roomIds: readonly string[]) => Promise<Map<string, RoomPosition>>;

  /** Answers whether the database answers, within a second. */
  ping: () => Promise<boolean>;
}
