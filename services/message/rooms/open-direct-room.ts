import { requireUser } from "#common/rpc/caller.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { FindUser } from "../members/find-user.ts";
import type { Memberships } from "../realtime/memberships.ts";
import type { MessageStore } from "../store/store.ts";

export const openDirectRoom =
  (
    store: Pick<MessageStore, "openDirectRoom">,
    memberships: Pick<Memberships, "added">,
    findUser: FindUser,
  ): Handler<typeof RoomService, "openDirectRoom"> =>
  async (request, call) => {
    const { userId } = requireUser(call);
    const peerId = await findUser(request, call);
    const { room, isNew, change } = await store.openDirectRoom(userId, peerId);
    if (change) memberships.added(change, room);
    return { room, ...(!isNew && { duplicate: true }) };
  };
