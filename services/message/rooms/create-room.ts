import { requireUser } from "#common/rpc/caller.ts";
import { type RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { Membership } from "../realtime/membership-type.ts";
import type { MessageStore } from "../store/store.ts";

export const createRoom =
  (
    store: Pick<MessageStore, "createRoom">,
    membership: Pick<Membership, "added">,
  ): Handler<typeof RoomService, "createRoom"> =>
  async ({ name, description, roomType }, call) => {
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
