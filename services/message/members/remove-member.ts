import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { RemoveMemberRequest } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";
import { getManagedRoom, removeMember } from "../rooms/rooms.ts";

export const removeMemberHandler =
  (ctx: MessageContext) => async (req: RemoveMemberRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(ctx.store, req.roomId, userId);
    if (room.createdBy !== userId) throw new AppError("FORBIDDEN");
    const wasMember = await removeMember(ctx, room.id, req.userId);
    if (!wasMember) throw new AppError("USER_NOT_FOUND");
    return {};
  };
