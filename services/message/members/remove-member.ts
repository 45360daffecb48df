import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import { type Room, type RoomService, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { Memberships } from "../realtime/memberships.ts";
import type { RoomNotices } from "../realtime/room-notices.ts";
import { getManagedRoom, getReadableRoom } from "../rooms/rooms.ts";
import type { MessageStore } from "../store/store.ts";
import type { Members } from "./join-room.ts";

/** What ending a membership needs. */
interface Leaving extends Members {
  store: Members["store"] & Pick<MessageStore, "hideRoom">;
  memberships: Members["memberships"] & Pick<Memberships, "shown">;
  notices: Pick<RoomNotices, "changed">;
}

/** The creator of a private room removes whom they will. */
export const removeMember =
  (members: Leaving): Handler<typeof RoomService, "removeMember"> =>
  async (req, call) => {
    const { userId } = requireUser(call);
    const room = await getManagedRoom(members.store, req.roomId, userId);
    if (room.createdBy !== userId) throw new AppError("FORBIDDEN");
    const wasMember = await endMembership(members, room, req.userId);
    if (!wasMember) throw new AppError("USER_NOT_FOUND");
    return {};
  };

/**
 * Leaving a public room without being in it is no fault; a private one isn't there. A direct
 * room is only hidden.
 */
export const leaveRoom =
  (members: Leaving): Handler<typeof RoomService, "leaveRoom"> =>
  async ({ roomId }, call) => {
    const { userId } = requireUser(call);
    const { room, isMember } = await getReadableRoom(members.store, roomId, userId);
    if (room.roomType === RoomType.DIRECT) await hide(members, roomId, userId);
    else if (isMember) await endMembership(members, room, userId);
    return {};
  };

/** Takes a direct room out of a member's list; a message may bring it back meanwhile. */
async function hide({ store, memberships }: Leaving, roomId: string, userId: string) {
  for (const change of await store.hideRoom(roomId, userId)) {
    if (change.isMember) memberships.shown(change);
    else memberships.removed(change);
  }
}

/** Ends a membership, if there is one; the user's sockets are out of the room, and notified. */
async function endMembership(
  { store, memberships, notices }: Leaving,
  { id, createdBy }: Room,
  userId: string,
): Promise<boolean> {
  const change = await store.removeMember(id, userId);
  if (change) {
    memberships.removed(change);
    if (createdBy === userId) notices.changed(id);
  }
  return change !== undefined;
}
