import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { Room, RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { Memberships } from "../realtime/memberships.ts";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MembershipChange, MessageStore } from "../store/store.ts";

/** What becoming and ceasing to be a member needs. */
export interface Members {
  store: Pick<MessageStore, "findRoom" | "addMember" | "removeMember">;
  memberships: Pick<Memberships, "added" | "removed">;
}

/** A room that the user is a member of, and the change that has made them one, if it was now. */
export interface Joined {
  room: Room;
  change: MembershipChange | undefined;
}

/** How a user becomes a member. */
export interface AddOptions {
  /** Who adds them, and has to be a member then; undefined: they join by themselves. */
  byUserId?: string | undefined;
  /** The socket that isn't notified. */
  exceptSocketId?: string | undefined;
}

/** Adds a member and notifies their sockets. */
export async function makeMember(
  { store, memberships }: Members,
  roomId: string,
  userId: string,
  { byUserId, exceptSocketId }: AddOptions,
): Promise<Joined> {
  const change = await store.addMember(roomId, userId, byUserId);
  const view = await store.findRoom(roomId, userId);
  if (!view) throw new AppError("ROOM_NOT_FOUND");
  if (change) memberships.added(change, view.room, exceptSocketId);
  return { room: view.room, change };
}

/**
 * Makes the user a member of a public room, or finds that they are one. Notifies the user's
 * sockets, but for the one that asks.
 */
export async function becomeMember(
  members: Members,
  roomId: string,
  userId: string,
  exceptSocketId?: string,
): Promise<Joined> {
  const { room, isMember } = await getReadableRoom(members.store, roomId, userId);
  if (isMember) return { room, change: undefined };
  return makeMember(members, roomId, userId, { exceptSocketId });
}

export const joinRoom =
  (members: Members): Handler<typeof RoomService, "joinRoom"> =>
  async ({ roomId }, call) => {
    const { room } = await becomeMember(members, roomId, requireUser(call).userId);
    return { room };
  };
