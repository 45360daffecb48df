import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import type { LeaveRoomRequest } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";
import { getReadableRoom, removeMember } from "../rooms/rooms.ts";

/** Leaving a public room that one isn't in is no fault; a private one isn't there. */
export const leaveRoomHandler =
  (ctx: MessageContext) =>
  async ({ roomId }: LeaveRoomRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    const { isMember } = await getReadableRoom(ctx.store, roomId, userId);
    if (isMember) await removeMember(ctx, roomId, userId);
    return {};
  };
