import { requireUser } from "#common/rpc/caller.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { MessageStore } from "../store/store.ts";
import { getReadableRoom, paginationOf, sliceOf } from "./rooms.ts";

export const listRooms =
  (store: Pick<MessageStore, "listRoomsOf">): Handler<typeof RoomService, "listRooms"> =>
  async (_req, call) => ({ rooms: await store.listRoomsOf(requireUser(call).userId) });

export const listPublicRooms =
  (store: Pick<MessageStore, "listPublicRooms">): Handler<typeof RoomService, "listPublicRooms"> =>
  async (req) => {
    const slice = sliceOf(req);
    const { rooms, total } = await store.listPublicRooms(slice);
    return { rooms, pagination: paginationOf(slice, total) };
  };

export const getRoom =
  (store: Pick<MessageStore, "findRoom">): Handler<typeof RoomService, "getRoom"> =>
  async ({ roomId }, call) => {
    const { room } = await getReadableRoom(store, roomId, requireUser(call).userId);
    return { room };
  };
