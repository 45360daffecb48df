import { AppError, invalid } from "#contract/errors.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore, RoomView } from "../store/store.ts";

/** A room that the user may read: public, or one's own. */
export async function getReadableRoom(
  store: Pick<MessageStore, "findRoom">,
  roomId: string,
  userId: string,
): Promise<RoomView> {
  const view = await store.findRoom(roomId, userId);
  // A private room of others looks like none.
  if (!view || (!view.isMember && view.room.roomType !== RoomType.PUBLIC)) {
    throw new AppError("ROOM_NOT_FOUND");
  }
  return view;
}

/**
 * A private room in which the user is a member, to change who else is.
 * @throws AppError ROOM_NOT_FOUND, FORBIDDEN in direct rooms, which nobody enters or leaves
 */
export async function getManagedRoom(
  store: Pick<MessageStore, "findRoom">,
  roomId: string,
  userId: string,
): Promise<Room> {
  const { room } = await getReadableRoom(store, roomId, userId);
  if (room.roomType === RoomType.DIRECT) throw new AppError("FORBIDDEN");
  if (room.roomType === RoomType.PUBLIC) {
    throw invalid("roomId", "is a public room, which users join and leave by themselves");
  }
  return room;
}
