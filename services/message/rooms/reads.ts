import { requireUser } from "#common/rpc/caller.ts";
import { AppError, limitReached } from "#contract/errors.ts";
import type { Membership, RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Handler } from "#rpc";
import type { Blocks } from "../blocks/blocks.ts";
import type { Reads } from "../realtime/reads.ts";
import { mostReaders } from "../store/room-limits.ts";
import type { MessageStore, NewMark } from "../store/store.ts";
import { getReadableRoom } from "./rooms.ts";

export interface ReadsContext {
  store: Pick<MessageStore, "findRoom" | "markRead">;
  reads: Pick<Reads, "marked">;
}

export const markRead =
  (ctx: ReadsContext): Handler<typeof RoomService, "markRead"> =>
  async ({ roomId, seq }, call) => {
    const { userId } = requireUser(call);
    return { membership: await mark(ctx, { roomId, userId, seq, onlyRises: true }) };
  };

/** Nobody else is notified: what others have seen has been read. */
export const markUnread =
  (ctx: ReadsContext): Handler<typeof RoomService, "markUnread"> =>
  async ({ roomId, seq }, call) => {
    const { userId } = requireUser(call);
    return { membership: await mark(ctx, { roomId, userId, seq: seq - 1, onlyRises: false }) };
  };

/** Those who have blocked the caller are left out. */
export const listReads =
  (
    store: Pick<MessageStore, "findRoom" | "listReads">,
    blocks: Pick<Blocks, "of">,
  ): Handler<typeof RoomService, "listReads"> =>
  async ({ roomId }, call) => {
    const { userId } = requireUser(call);
    await getMembership(store, roomId, userId);
    const reads = await store.listReads(roomId, mostReaders + 1);
    if (reads.length > mostReaders) throw limitReached("members", mostReaders);
    const hidden = await Promise.all(reads.map((it) => blocks.of(it.userId)));
    return { reads: reads.filter((_, i) => !hidden[i]?.has(userId)) };
  };

export const setNotify =
  (store: Pick<MessageStore, "findRoom" | "setNotify">): Handler<typeof RoomService, "setNotify"> =>
  async ({ roomId, level }, call) => {
    const { userId } = requireUser(call);
    await store.setNotify(roomId, userId, level);
    return { membership: await getMembership(store, roomId, userId) };
  };

/** What isn't the user's to mark stays as it is, and is refused afterwards. */
async function mark({ store, reads }: ReadsContext, wanted: NewMark): Promise<Membership> {
  const made = await store.markRead(wanted);
  if (made) reads.marked(made, wanted.onlyRises);
  return getMembership(store, wanted.roomId, wanted.userId);
}

/** @throws AppError ROOM_NOT_FOUND, NOT_IN_ROOM */
async function getMembership(
  store: Pick<MessageStore, "findRoom">,
  roomId: string,
  userId: string,
): Promise<Membership> {
  const { room } = await getReadableRoom(store, roomId, userId);
  if (!room.membership) throw new AppError("NOT_IN_ROOM");
  return room.membership;
}
