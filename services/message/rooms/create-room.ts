import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import { type CreateRoomRequest, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageContext } from "../context.ts";

export const createRoomHandler =
  ({ store, membership }: MessageContext) =>
  async ({ name, description, roomType }: CreateRoomRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    const { room } = await store.createRoom({
      name,
      description,
      roomType: roomType || RoomType.PUBLIC,
      createdBy: userId,
    });
    membership.added(userId, room);
    return { room };
  };
