import { requireUser } from "#common/rpc/caller.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { getManagedRoom } from "../rooms/rooms.ts";
import type { FindUser } from "./find-user.ts";
import { type Members, makeMember } from "./join-room.ts";

export const addMember =
  (members: Members, findUser: FindUser): Handler<typeof RoomService, "addMember"> =>
  async (req, call) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(members.store, req.roomId, userId);
    const addedId = await findUser(req, call);
    // The store checks again that the caller is a member: the lookup has taken its time.
    await makeMember(members, room.id, addedId, { byUserId: userId });
    // What the room is to the user who was added is for that user alone.
    const view = await members.store.findRoom(room.id, userId);
    return { room: view?.isMember ? view.room : room };
  };
