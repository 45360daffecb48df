import { requireUser } from "#common/rpc/caller.ts";
import { implement } from "#common/rpc/server.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";
import { addMemberHandler } from "../members/add-member.ts";
import { leaveRoomHandler } from "../members/leave-room.ts";
import { listMembersHandler } from "../members/list-members.ts";
import { removeMemberHandler } from "../members/remove-member.ts";
import { createRoomHandler } from "./create-room.ts";
import { getReadableRoom, joinRoom, paginationOf, sliceOf } from "./rooms.ts";

/** RoomService: what has a rule of its own has a file of its own. */
export const roomService = (ctx: MessageContext) =>
  implement(RoomService, {
    listRooms: async (_req, call) => ({
      rooms: await ctx.store.listRoomsOf(requireUser(call).userId),
    }),
    async listPublicRooms(req) {
      const slice = sliceOf(req);
      const { rooms, total } = await ctx.store.listPublicRooms(slice);
      return { rooms, pagination: paginationOf(slice, total) };
    },
    async getRoom({ roomId }, call) {
      return { room: (await getReadableRoom(ctx.store, roomId, requireUser(call).userId)).room };
    },
    joinRoom: async ({ roomId }, call) => ({
      room: await joinRoom(ctx, roomId, requireUser(call).userId),
    }),
    createRoom: createRoomHandler(ctx),
    leaveRoom: leaveRoomHandler(ctx),
    listMembers: listMembersHandler(ctx),
    addMember: addMemberHandler(ctx),
    removeMember: removeMemberHandler(ctx),
  });
