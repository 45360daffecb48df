import { requireUser } from "#common/rpc/caller.ts";
import { invalid } from "#contract/errors.ts";
import { type RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { Memberships } from "../realtime/memberships.ts";
import type { MessageStore } from "../store/store.ts";

export const createRoom =
  (
    store: Pick<MessageStore, "createRoom">,
    memberships: Pick<Memberships, "added">,
  ): Handler<typeof RoomService, "createRoom"> =>
  async ({ name, description, roomType }, call) => {
    const { userId } = requireUser(call);
    // To a client of 1.0 this is no value, as it was: a rule of the contract would look new to it.
    if (roomType === RoomType.DIRECT) throw invalid("roomType", "must be public or private");
    const { room, change } = await store.createRoom({
      name,
      description,
      roomType: roomType || RoomType.PUBLIC,
      createdBy: userId,
    });
    memberships.added(change, room);
    return { room };
  };
