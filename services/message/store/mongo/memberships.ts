import { Types } from "mongoose";
import { AppError } from "#common/errors.ts";
import type { Membership, Slice } from "../store.ts";
import { untilSettled } from "./attempts.ts";
import { barrier } from "./durable.ts";
import { type MembershipDocument, type MembershipState, type Mongo, toObjectId } from "./models.ts";

/** Answers whether that is new. @throws AppError ROOM_NOT_FOUND */
export async function addMember(db: Mongo, roomId: string, userId: string): Promise<boolean> {
  const isNew = await change(db, toObjectId(roomId), userId, true);
  if (isNew === "no-room") throw new AppError("ROOM_NOT_FOUND");
  return isNew;
}

/** Answers whether there was a membership. */
export async function removeMember(db: Mongo, roomId: string, userId: string): Promise<boolean> {
  return (await change(db, toObjectId(roomId), userId, false)) === true;
}

/** The first membership of a room that is not there yet. */
export function firstMembership(
  roomId: Types.ObjectId,
  userId: string,
  at: Date,
): MembershipDocument {
  return {
    _id: new Types.ObjectId(),
    roomId,
    userId,
    isMember: true,
    joinedAt: at,
    changeId: new Types.ObjectId(),
    version: 1,
    memberCount: 1,
    createdBy: userId,
    changedAt: at,
  };
}

/**
 * Takes the room's next version. Whoever is second to take it looks again: so every change is
 * made to the state that it was decided on, though nothing is locked.
 */
function change(
  db: Mongo,
  roomId: Types.ObjectId,
  userId: string,
  isMember: boolean,
): Promise<boolean | "no-room"> {
  const { memberships } = db;
  const changeId = new Types.ObjectId();
  return untilSettled(async ({ check }) => {
    const [room, mine, head] = await Promise.all([
      db.rooms.findById(roomId).select({ createdBy: 1 }).lean(),
      memberships.findOne({ roomId, userId: { $eq: userId } }).lean(),
      memberships.findOne({ roomId }).sort({ version: -1 }).lean(),
    ]);
    if (!room) return "no-room";
    if (mine?.changeId.equals(changeId)) {
      await barrier(db, roomId);
      return true;
    }
    if ((mine?.isMember ?? false) === isMember) return false;
    const state: MembershipState = {
      version: (head?.version ?? 0) + 1,
      memberCount: (head?.memberCount ?? 0) + (isMember ? 1 : -1),
      createdBy: head?.createdBy ?? room.createdBy,
      changedAt: new Date(),
    };
    if (!isMember && state.createdBy === userId) {
      state.createdBy = (await findOldest(db, roomId, userId)) ?? userId;
    }
    const joinedAt = isMember || !mine ? state.changedAt : mine.joinedAt;
    const changed = { ...state, isMember, joinedAt, changeId };
    check();
    if (!mine) {
      const document = { ...changed, _id: new Types.ObjectId(), roomId, userId };
      await memberships.insertMany([document], { lean: true });
      return true;
    }
    const { matchedCount } = await memberships.updateOne(
      { _id: mine._id, version: mine.version },
      { $set: changed },
    );
    return matchedCount > 0 ? true : undefined;
  });
}

async function findOldest({ memberships }: Mongo, roomId: Types.ObjectId, exceptUserId: string) {
  const oldest = await memberships
    .findOne({ roomId, isMember: true, userId: { $ne: exceptUserId } })
    .sort({ version: 1 })
    .select({ userId: 1, _id: 0 })
    .lean();
  return oldest?.userId;
}

export async function listMembers(
  { memberships }: Mongo,
  roomId: string,
  { offset, limit }: Slice,
): Promise<{ members: Membership[]; total: number }> {
  const id = toObjectId(roomId);
  const [members, head] = await Promise.all([
    memberships
      .find({ roomId: id, isMember: true })
      .sort({ version: 1 })
      .skip(offset)
      .limit(limit)
      .select({ userId: 1, joinedAt: 1, _id: 0 })
      .lean(),
    memberships.findOne({ roomId: id }).sort({ version: -1 }).select({ memberCount: 1 }).lean(),
  ]);
  return { members, total: head?.memberCount ?? 0 };
}

export async function listMembersAmong(
  { memberships }: Mongo,
  roomId: string,
  userIds: readonly string[],
): Promise<Set<string>> {
  const members = await memberships
    .find({ roomId: toObjectId(roomId), userId: { $in: [...userIds] }, isMember: true })
    .select({ userId: 1, _id: 0 })
    .lean();
  return new Set(members.map(({ userId }) => userId));
}
