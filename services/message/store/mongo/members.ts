import { Types } from "mongoose";
import type { Membership, MembershipChange, Slice } from "../store.ts";
import { rowToChange } from "./rows.ts";
import { type MembershipDocument, type Mongo, toObjectId } from "./schema.ts";

/** The first membership of a room that is not there yet; its number is the user's to give. */
export function firstMembership(
  roomId: Types.ObjectId,
  userId: string,
  at: Date,
): Omit<MembershipDocument, "number" | "numbersTaken"> {
  return {
    _id: new Types.ObjectId(),
    roomId,
    userId,
    isMember: true,
    joinedAt: at,
    changeId: new Types.ObjectId(),
    version: 1,
    taken: [1],
    memberCount: 1,
    createdBy: userId,
    changedAt: at,
  };
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

/** How many rooms each of the users is in; who is in none is left out. */
export async function countRooms(
  { memberships }: Mongo,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  if (userIds.length === 0) return new Map();
  const rows = await memberships.aggregate<{ _id: string; count: number }>([
    { $match: { userId: { $in: [...userIds] }, isMember: true } },
    { $group: { _id: "$userId", count: { $sum: 1 } } },
  ]);
  return new Map(rows.map(({ _id, count }) => [_id, count]));
}

export async function listMembershipChanges(
  { memberships, readLevel }: Mongo,
  userId: string,
  from: number,
  to: number,
): Promise<MembershipChange[]> {
  const changed = await memberships
    .find({ userId: { $eq: userId }, number: { $gte: from, $lte: to } })
    .sort({ number: 1 })
    .select({ userId: 1, number: 1, roomId: 1, isMember: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  return changed.map(rowToChange);
}

/** The number of each user's last change, as it is where changes are made; left out: none. */
export function lastNumbersOf(db: Mongo, userIds: readonly string[]): Promise<Map<string, number>> {
  return listMembershipPositions({ ...db, readLevel: "local" }, userIds);
}

/** By the index on users and numbers MongoDB looks at one key of each user. Pipelines aren't cast. */
export async function listMembershipPositions(
  { memberships, readLevel }: Mongo,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await memberships
    .aggregate<{ _id: string; number: number | null }>([
      { $match: { userId: { $in: userIds.map(String) } } },
      { $sort: { userId: 1, number: -1 } },
      { $group: { _id: "$userId", number: { $first: "$number" } } },
    ])
    .readConcern(readLevel);
  return new Map(rows.flatMap(({ _id, number }) => (number ? [[_id, number]] : [])));
}
