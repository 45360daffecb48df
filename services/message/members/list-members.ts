import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import type { ListMembersRequest } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";
import { getReadableRoom, paginationOf, sliceOf } from "../rooms/rooms.ts";

export const listMembersHandler =
  ({ store, names }: MessageContext) =>
  async (req: ListMembersRequest, call: HandlerContext) => {
    const { room } = await getReadableRoom(store, req.roomId, requireUser(call).userId);
    const slice = sliceOf(req);
    const { members, total } = await store.listMembers(room.id, slice);
    const users = await names.findAll(members.map((it) => it.userId));
    return {
      members: members.map(({ userId, joinedAt }) => {
        const { username = "", name = "" } = users.get(userId) ?? {};
        return { userId, username, name, joinedAt: timestampFromDate(joinedAt) };
      }),
      pagination: paginationOf(slice, total),
    };
  };
