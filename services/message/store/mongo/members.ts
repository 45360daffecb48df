import { Types } from "mongoose";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { ChangesQuestion, MembersQuestion, RoomQuestion } from "../driver.ts";
import { asSeenBy } from "../room-view.ts";
import type { MemberList, MembershipChange } from "../store.ts";
import { countMentions } from "./mentions.ts";
import { type MemberRow, rowToChange } from "./rows.ts";
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
    readSeq: 0,
    changeId: new Types.ObjectId(),
    version: 1,
    taken: [1],
    memberCount: 1,
    createdBy: userId,
    changedAt: at,
  };
}

export function listMembers(db: Mongo, asked: readonly MembersQuestion[]): Promise<MemberList[]> {
  return Promise.all(asked.map((question) => listMembersOf(db, question)));
}

async function listMembersOf(
  { memberships }: Mongo,
  { roomId, offset, limit }: MembersQuestion,
): Promise<MemberList> {
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

/** What is read of a membership for what the room is to the member. */
export const memberFields = {
  ...{ roomId: 1, userId: 1, joinedAt: 1 },
  ...{ readSeq: 1, notify: 1, hiddenSeq: 1 },
} as const;

/** The memberships of those who ask, in the rooms that they ask about, by `keyOfAsker`. */
export async function readMembers(
  { memberships }: Mongo,
  asked: readonly RoomQuestion[],
): Promise<Map<string, MemberRow>> {
  const roomIds = [...new Set(asked.map(({ roomId }) => roomId))].map(toObjectId);
  const userIds = [...new Set(asked.map(({ userId }) => userId))];
  const rows: MemberRow[] = await memberships
    .find({ roomId: { $in: roomIds }, userId: { $in: userIds }, isMember: true })
    .select(memberFields)
    .lean();
  return new Map(
    rows.map((row) => [keyOfAsker({ userId: row.userId, roomId: row.roomId.toHexString() }), row]),
  );
}

export const keyOfAsker = ({ roomId, userId }: RoomQuestion) => `${roomId} ${userId}`;

/** Rooms as those see them who are in them; who isn't a member sees the room alone. */
export async function asMembersSee<S extends { room: Room; member: MemberRow | undefined }>(
  db: Mongo,
  seen: readonly S[],
): Promise<S[]> {
  const unread = seen.flatMap(({ room, member }) => {
    const { lastSeq } = room;
    const readSeq = member?.readSeq ?? lastSeq;
    return member && readSeq < lastSeq ? [{ member, readSeq, lastSeq }] : [];
  });
  const counts = await countMentions(db, unread);
  return seen.map((one) => {
    const { room, member } = one;
    return member ? { ...one, room: roomSeenBy(db, room, member, counts.get(member) ?? 0) } : one;
  });
}

/**
 * A room as its member sees it. Who was made a member by a version that knew of no read state
 * has read what is there when the room is first looked at, which is kept then.
 */
function roomSeenBy(
  { memberships }: Pick<Mongo, "memberships">,
  room: Room,
  { _id, userId, joinedAt, readSeq, notify }: MemberRow,
  mentionCount: number,
): Room {
  if (readSeq === undefined) {
    const first = { $set: { readSeq: room.lastSeq } };
    memberships.updateOne({ _id, readSeq: { $exists: false } }, first).catch(() => undefined);
  }
  const read = { readSeq: readSeq ?? room.lastSeq, mentionCount };
  return asSeenBy(userId, room, { joinedAt, notify, ...read });
}

/** Which of those who ask are in the rooms that they ask about. */
export async function findMembers(
  { memberships }: Mongo,
  asked: readonly RoomQuestion[],
): Promise<(question: RoomQuestion) => boolean> {
  const keyOf = (roomId: string, userId: string) => `${roomId} ${userId}`;
  const roomIds = [...new Set(asked.map(({ roomId }) => roomId))].map(toObjectId);
  const userIds = [...new Set(asked.map(({ userId }) => userId))];
  const members = await memberships
    .find({ roomId: { $in: roomIds }, userId: { $in: userIds }, isMember: true })
    .select({ roomId: 1, userId: 1, _id: 0 })
    .lean();
  const keys = new Set(members.map((it) => keyOf(it.roomId.toHexString(), it.userId)));
  return ({ roomId, userId }) => keys.has(keyOf(roomId, userId));
}

/** How many rooms each of the users is in and sees; who is in none is left out. */
export async function countRooms(
  { memberships }: Mongo,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  if (userIds.length === 0) return new Map();
  const rows = await memberships.aggregate<{ _id: string; count: number }>([
    { $match: { userId: { $in: [...userIds] }, isMember: true, hiddenSeq: { $exists: false } } },
    { $group: { _id: "$userId", count: { $sum: 1 } } },
  ]);
  return new Map(rows.map(({ _id, count }) => [_id, count]));
}

export function listMembershipChanges(
  db: Mongo,
  asked: readonly ChangesQuestion[],
): Promise<MembershipChange[][]> {
  return Promise.all(asked.map((question) => listChangesOf(db, question)));
}

async function listChangesOf(
  { memberships, readLevel }: Mongo,
  { userId, from, to }: ChangesQuestion,
): Promise<MembershipChange[]> {
  const changed = await memberships
    .find({ userId: { $eq: userId }, number: { $gte: from, $lte: to } })
    .sort({ number: 1 })
    .select({ userId: 1, number: 1, roomId: 1, isMember: 1, hiddenSeq: 1, _id: 0 })
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
