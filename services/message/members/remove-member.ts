import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { getManagedRoom } from "../rooms/rooms.ts";
import { removeMember as endMembership, type Members } from "./members.ts";

export const removeMember =
  (members: Members): Handler<typeof RoomService, "removeMember"> =>
  async (req, call) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(members.store, req.roomId, userId);
    if (room.createdBy !== userId) throw new AppError("FORBIDDEN");
    const wasMember = await endMembership(members, room.id, req.userId);
    if (!wasMember) throw new AppError("USER_NOT_FOUND");
    return {};
  };
