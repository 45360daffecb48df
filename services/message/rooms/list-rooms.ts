import { create } from "@bufbuild/protobuf";
import { requireUser } from "#common/rpc/caller.ts";
import { type Pagination, PaginationSchema } from "#gen/aetherconnect/message/v1/pagination_pb.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { lastMessagesBytes } from "../store/room-limits.ts";
import type { MessageStore, Slice } from "../store/store.ts";
import { withinBytes } from "./last-messages.ts";
import { getReadableRoom } from "./rooms.ts";

export const listRooms =
  (store: Pick<MessageStore, "listRoomsOf">): Handler<typeof RoomService, "listRooms"> =>
  async (_req, call) => {
    const rooms = await store.listRoomsOf(requireUser(call).userId);
    return { rooms: withinBytes(rooms, lastMessagesBytes) };
  };

export const listPublicRooms =
  (store: Pick<MessageStore, "listPublicRooms">): Handler<typeof RoomService, "listPublicRooms"> =>
  async (req, call) => {
    const slice = sliceOf(req);
    const { rooms, total } = await store.listPublicRooms(requireUser(call).userId, slice);
    return { rooms, pagination: paginationOf(slice, total) };
  };

export const getRoom =
  (store: Pick<MessageStore, "findRoom">): Handler<typeof RoomService, "getRoom"> =>
  async ({ roomId }, call) => {
    const { room } = await getReadableRoom(store, roomId, requireUser(call).userId);
    return { room };
  };

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
