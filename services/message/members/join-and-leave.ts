import { requireUser } from "#common/rpc/caller.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { getReadableRoom } from "../rooms/rooms.ts";
import { becomeMember, type Members, removeMember } from "./members.ts";

export const joinRoom =
  (members: Members): Handler<typeof RoomService, "joinRoom"> =>
  async ({ roomId }, call) => {
    const { room } = await becomeMember(members, roomId, requireUser(call).userId);
    return { room };
  };

/** Leaving a public room without being in it is no fault; a private one isn't there. */
export const leaveRoom =
  (members: Members): Handler<typeof RoomService, "leaveRoom"> =>
  async ({ roomId }, call) => {
    const { userId } = requireUser(call);
    const { isMember } = await getReadableRoom(members.store, roomId, userId);
    if (isMember) await removeMember(members, roomId, userId);
    return {};
  };
