import type { AppError } from "#contract/errors.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Batching } from "./group-commit.ts";
import type { AppendResult, ChangeResult, PendingChange, PendingMessage } from "./pending.ts";
import type { MessageStore } from "./store.ts";

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
