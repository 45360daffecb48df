import { Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { newId } from "../ids.ts";
import { pairOf, usersOf } from "../pairs.ts";
import { mostRooms, tooManyRooms } from "../room-limits.ts";
import type { MembershipChange, OpenedRoom } from "../store.ts";
import { findLastSeq } from "./last-seq.ts";
import { type Change, changeMembers } from "./member-changes.ts";
import { countRooms, firstMembership, lastNumbersOf } from "./members.ts";
import { findRooms } from "./rooms.ts";
import { roomToRow } from "./rows.ts";
import { type MembershipDocument, type Mongo, toObjectId } from "./schema.ts";
import { barrier, insertInOrder, type Mutexes, untilSettled } from "./writes.ts";

/**
 * The room comes first, by the unique index one for each pair, then its members: whoever finds it
 * without them completes it. Nobody can read it before.
 */
export function openDirectRoom(
  db: Mongo,
  users: Mutexes,
  userId: string,
  peerId: string,
): Promise<OpenedRoom> {
  const own = { _id: new Types.ObjectId(), createdAt: new Date() };
  const changeId = newId();
  return untilSettled(async ({ check }) => {
    if (await db.blocks.exists({ userId: { $eq: peerId }, blockedId: { $eq: userId } })) {
      throw new AppError("BLOCKED");
    }
    const pair = pairOf(userId, peerId);
    const found = await db.rooms.findOne({ pair }).select({ _id: 1 }).lean();
    if (!found) {
      await requireFewRooms(db, userId);
      check();
      const room = {
        name: "",
        description: undefined,
        roomType: RoomType.DIRECT,
        createdBy: userId,
      };
      const row = { ...roomToRow(own._id, room, own.createdAt), pair };
      await db.rooms.insertMany([row], { lean: true });
    }
    const roomId = found?._id ?? own._id;
    if (!(await addMissing(db, users, roomId, userId, peerId, changeId, check))) return undefined;
    const asked = { roomId: roomId.toHexString(), userId };
    const membership = await db.memberships.findOne({ roomId, userId: { $eq: userId } }).lean();
    const change = await make(db, users, {
      ...asked,
      id: changeId,
      isMember: true,
      byUserId: undefined,
      ...(membership?.isMember && { isOfView: true }),
    });
    await barrier(db, roomId);
    const [view] = await findRooms(db, [asked]);
    if (!view) throw new AppError("INTERNAL");
    return { room: view.room, isNew: roomId.equals(own._id), change };
  });
}

export async function directRoomsOf(
  { memberships, readLevel }: Mongo,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await memberships
    .find({ userId: { $in: [...userIds] }, isMember: true, peerId: { $exists: true } })
    .select({ roomId: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  return [...new Set(rows.map(({ roomId }) => roomId.toHexString()))];
}

async function requireFewRooms(db: Mongo, userId: string): Promise<void> {
  const held = await countRooms(db, [userId]);
  if ((held.get(userId) ?? 0) >= mostRooms) throw tooManyRooms();
}

/**
 * Adds those of a pair who aren't in their room: the opener, who sees it, and the other, who
 * doesn't yet. Answers false where another was faster.
 */
async function addMissing(
  db: Mongo,
  users: Mutexes,
  roomId: Types.ObjectId,
  userId: string,
  peerId: string,
  changeId: string,
  check: () => void,
): Promise<boolean> {
  using _users = await users.lock([userId, peerId]);
  const [known, numbers] = await Promise.all([
    db.memberships.find({ roomId }).sort({ version: 1 }).lean(),
    lastNumbersOf(db, [userId]),
  ]);
  const head = known.at(-1) ?? { version: 0, memberCount: 0, createdBy: userId };
  const missing = [...new Set([userId, peerId])].filter((id) =>
    known.every((membership) => membership.userId !== id),
  );
  if (missing.length === 0) return true;
  if (missing.includes(userId)) await requireFewRooms(db, userId);
  const number = (numbers.get(userId) ?? 0) + 1;
  const seen = { changeId: toObjectId(changeId), number, numbersTaken: [number] };
  const documents = missing.map((id, i): MembershipDocument => {
    const isOpener = id === userId;
    const version = head.version + i + 1;
    return {
      ...firstMembership(roomId, id, new Date()),
      version,
      taken: [version],
      memberCount: head.memberCount + i + 1,
      createdBy: head.createdBy,
      peerId: isOpener ? peerId : userId,
      ...(isOpener ? seen : { number: 0, hiddenSeq: 0 }),
    };
  });
  check();
  return (await insertInOrder(db.memberships, documents)) === documents.length;
}

export async function hideRoom(
  db: Mongo,
  users: Mutexes,
  roomId: string,
  userId: string,
): Promise<MembershipChange[]> {
  const hidden = await make(db, users, viewOf(roomId, userId, false));
  if (!hidden) return [];
  // A message that was stored meanwhile may not have seen that the room is hidden.
  const where = { roomId: toObjectId(roomId), userId: { $eq: userId } };
  const membership = await db.memberships.findOne(where).select({ hiddenSeq: 1 }).lean();
  const lastSeq = await findLastSeq(db, where.roomId);
  const isHidden = membership?.hiddenSeq !== undefined && membership.hiddenSeq >= lastSeq;
  const shown = isHidden ? undefined : await make(db, users, viewOf(roomId, userId, true));
  return shown ? [hidden, shown] : [hidden];
}

/**
 * Brings a direct room that has a message into the lists of those from whom it is hidden, but not
 * of who has hidden it since: so a message that is sent again does nothing.
 */
export async function showRoom(
  db: Mongo,
  users: Mutexes,
  roomId: Types.ObjectId,
  seq: number,
): Promise<MembershipChange[]> {
  const hidden = await db.memberships
    .find({ roomId, isMember: true, hiddenSeq: { $lt: seq } })
    .select({ userId: 1, _id: 0 })
    .lean();
  const id = roomId.toHexString();
  const shown: MembershipChange[] = [];
  for (const { userId } of hidden) {
    const change = await make(db, users, viewOf(id, userId, true));
    if (change) shown.push(change);
  }
  return shown;
}

/** Those of the users whom the other user of a direct room has blocked. */
export async function findBlocked(
  { blocks }: Pick<Mongo, "blocks">,
  pair: string | undefined,
  userIds: readonly string[],
): Promise<Set<string>> {
  if (pair === undefined) return new Set();
  const rows = await blocks
    .find({ userId: { $in: usersOf(pair) }, blockedId: { $in: [...userIds] } })
    .select({ blockedId: 1, _id: 0 })
    .lean();
  return new Set(rows.map(({ blockedId }) => blockedId));
}

const viewOf = (roomId: string, userId: string, isMember: boolean): Change => {
  return { id: newId(), roomId, userId, isMember, byUserId: undefined, isOfView: true };
};

async function make(
  db: Mongo,
  users: Mutexes,
  change: Change,
): Promise<MembershipChange | undefined> {
  const [result] = await changeMembers(db, users, [change]);
  if (result?.status === "rejected") throw result.reason;
  return result?.value;
}
