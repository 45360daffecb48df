import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import { getManagedRoom, getReadableRoom } from "../rooms/rooms.ts";
import type { Members } from "./join-room.ts";

/** The creator of a private room removes whom they will. */
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

/** Leaving a public room without being in it is no fault; a private one isn't there. */
export const leaveRoom =
  (members: Members): Handler<typeof RoomService, "leaveRoom"> =>
  async ({ roomId }, call) => {
    const { userId } = requireUser(call);
    const { isMember } = await getReadableRoom(members.store, roomId, userId);
    if (isMember) await endMembership(members, roomId, userId);
    return {};
  };

/** Ends a membership, if there is one; the user's sockets are out of the room, and notified. */
async function endMembership(
  { store, memberships }: Members,
  roomId: string,
  userId: string,
): Promise<boolean> {
  const change = await store.removeMember(roomId, userId);
  if (change) memberships.removed(change);
  return change !== undefined;
}
