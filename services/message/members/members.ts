import { AppError } from "#contract/errors.ts";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Membership } from "../realtime/membership-type.ts";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";

/** What becoming and ceasing to be a member needs. */
export interface Members {
  store: Pick<MessageStore, "findRoom" | "addMember" | "removeMember">;
  membership: Pick<Membership, "added" | "removed">;
}

/** How a user becomes a member. */
export interface AddOptions {
  /** Who adds them, and has to be a member then; undefined: they join by themselves. */
  byUserId?: string | undefined;
  /** The socket that isn't notified. */
  exceptSocketId?: string | undefined;
}

/** Adds a member and notifies their sockets. @throws AppError ROOM_NOT_FOUND, RATE_LIMITED */
export async function addMember(
  { store, membership }: Members,
  roomId: string,
  userId: string,
  { byUserId, exceptSocketId }: AddOptions,
): Promise<Room> {
  const change = await store.addMember(roomId, userId, byUserId);
  const view = await store.findRoom(roomId, userId);
  if (!view) throw new AppError("ROOM_NOT_FOUND");
  if (change) membership.added(userId, view.room, exceptSocketId);
  return view.room;
}

/**
 * Makes the user a member of a public room, or finds that they are one. Notifies the user's
 * sockets, but for the one that asks.
 * @throws AppError ROOM_NOT_FOUND, RATE_LIMITED
 */
export async function becomeMember(
  members: Members,
  roomId: string,
  userId: string,
  exceptSocketId?: string,
): Promise<Room> {
  const view = await getReadableRoom(members.store, roomId, userId);
  if (view.isMember) return view.room;
  return addMember(members, roomId, userId, { exceptSocketId });
}

/** Ends a membership, if there is one; the user's sockets are out of the room, and notified. */
export async function removeMember(
  { store, membership }: Members,
  roomId: string,
  userId: string,
): Promise<boolean> {
  const change = await store.removeMember(roomId, userId);
  if (change) membership.removed(userId, roomId);
  return change !== undefined;
}
