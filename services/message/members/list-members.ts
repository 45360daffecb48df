import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { requireUser } from "#common/rpc/caller.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { paginationOf, sliceOf } from "../rooms/list-rooms.ts";
import { getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";
import type { Users } from "./users.ts";

export const listMembers =
  (
    store: Pick<MessageStore, "findRoom" | "listMembers">,
    users: Pick<Users, "findAll">,
  ): Handler<typeof RoomService, "listMembers"> =>
  async (req, call) => {
    const { room } = await getReadableRoom(store, req.roomId, requireUser(call).userId);
    const slice = sliceOf(req);
    const { members, total } = await store.listMembers(room.id, slice);
    const found = await users.findAll(members.map((it) => it.userId));
    return {
      members: members.map(({ userId, joinedAt }) => {
        const { username = "", name = "" } = found.get(userId) ?? {};
        return { userId, username, name, joinedAt: timestampFromDate(joinedAt) };
      }),
      pagination: paginationOf(slice, total),
    };
  };
