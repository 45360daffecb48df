import { create } from "@bufbuild/protobuf";
import { AppError, invalid } from "#contract/errors.ts";
import { type Pagination, PaginationSchema } from "#gen/aetherconnect/message/v1/pagination_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Membership } from "../realtime/membership-type.ts";
import type { MessageStore, RoomView, Slice } from "../store/store.ts";

/** What the rules of rooms need. */
export interface RoomsContext {
  store: MessageStore;
  membership: Membership;
}

/** A room that the user may read: public, or one's own. @throws AppError ROOM_NOT_FOUND */
export async function getReadableRoom(
  store: Pick<MessageStore, "findRoom">,
  roomId: string,
  userId: string,
): Promise<RoomView> {
  const view = await store.findRoom(roomId, userId);
  // A private room of others can't be told from none.
  if (!view || (!view.isMember && view.room.roomType !== RoomType.PUBLIC)) {
    throw new AppError("ROOM_NOT_FOUND");
  }
  return view;
}

/**
 * Makes the user a member of a public room, or finds that he is one. The user's sockets hear
 * of it, but for the one that asks.
 * @throws AppError ROOM_NOT_FOUND, RATE_LIMITED
 */
export async function joinRoom(
  ctx: RoomsContext,
  roomId: string,
  userId: string,
  exceptSocketId?: string,
): Promise<Room> {
  const view = await getReadableRoom(ctx.store, roomId, userId);
  if (view.isMember) return view.room;
  return addMember(ctx, roomId, userId, { exceptSocketId });
}

/** How somebody becomes a member. */
export interface AddOptions {
  /** Who adds him, and has to be a member then; undefined: he comes by himself. */
  byUserId?: string | undefined;
  /** The socket that needn't hear of it. */
  exceptSocketId?: string | undefined;
}

/** Adds a member; his sockets hear of it. @throws AppError ROOM_NOT_FOUND, RATE_LIMITED */
export async function addMember(
  { store, membership }: RoomsContext,
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

/** Ends a membership, if there is one; his sockets hear of it and are out of the room. */
export async function removeMember(
  { store, membership }: RoomsContext,
  roomId: string,
  userId: string,
): Promise<boolean> {
  const change = await store.removeMember(roomId, userId);
  if (change) membership.removed(userId, roomId);
  return change !== undefined;
}

/**
 * A private room in which the user is a member, to change who else is.
 * @throws AppError ROOM_NOT_FOUND; VALIDATION_FAILED for a public room, which one joins
 */
export async function getManagedRoom(
  store: Pick<MessageStore, "findRoom">,
  roomId: string,
  userId: string,
): Promise<Room> {
  const { room } = await getReadableRoom(store, roomId, userId);
  if (room.roomType === RoomType.PUBLIC) {
    throw invalid("roomId", "is a public room, which users join and leave by themselves");
  }
  return room;
}

/** A page, from 1, as a slice; what the contract answers if nothing is said. */
export function sliceOf({
  page = 1,
  limit = 50,
}: {
  page?: number | undefined;
  limit?: number | undefined;
}): Slice {
  return { offset: (page - 1) * limit, limit };
}

/** Where a page of a list stands. */
export function paginationOf({ offset, limit }: Slice, total: number): Pagination {
  return create(PaginationSchema, {
    currentPage: offset / limit + 1,
    totalPages: Math.ceil(total / limit),
    totalItems: total,
    itemsPerPage: limit,
    hasNext: offset + limit < total,
    hasPrevious: offset > 0 && total > 0,
  });
}
