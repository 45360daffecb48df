import type { AppError } from "#contract/errors.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Batching } from "./group-commit.ts";
import type { Appended, MembershipChange, MessageStore, NewMessage } from "./store.ts";

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

/** What the store leaves to its database as it is. */
type PassedOn =
  | "listMessages"
  | "createRoom"
  | "listRoomsOf"
  | "listPublicRooms"
  | "listMembers"
  | "listMembershipChanges"
  | "membershipPositions"
  | "positions"
  | "ping";

/**
 * One kind of database, as `create-store.ts` uses it to keep the promises of `MessageStore`:
 * ids that it is given can be ids, nobody waits for it for ever, and what it fails with may be
 * the database's own.
 */
export interface StoreDriver extends Pick<MessageStore, PassedOn>, AsyncDisposable {
  /** How messages and changes of members are gathered. */
  batching: { messages: Batching; changes: Batching };
  /** Stores messages, no two of which are the same; answers in their order. */
  append: (batch: readonly PendingMessage[]) => Promise<AppendResult[]>;
  /** Changes who is a member; answers in the order given. */
  changeMembers: (batch: readonly PendingChange[]) => Promise<ChangeResult[]>;
  /** A room, and those of the users who are in it. */
  findRoom: (
    roomId: string,
    userIds: readonly string[],
  ) => Promise<{ room: Room; members: Set<string> } | undefined>;
  /** What a failure means to a caller: trying again may help, or it is a fault of ours. */
  toStoreError: (error: unknown) => AppError;
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: "rejected", reason };
}
