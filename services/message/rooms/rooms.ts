import { create } from "@bufbuild/protobuf";
import { AppError, invalid } from "#contract/errors.ts";
import { type Pagination, PaginationSchema } from "#gen/aetherconnect/message/v1/pagination_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore, RoomView, Slice } from "../store/store.ts";

/** A room that the user may read: public, or one's own. */
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

/** A private room in which the user is a member, to change who else is. */
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
