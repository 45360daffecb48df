import type { QueryFilter, Types } from "mongoose";
import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { isModerator } from "#message/rooms/roles.ts";
import { type AppendResult, type PendingMessage, rejected } from "../driver.ts";
import { everyone, mostMentioned } from "../mentions.ts";
import type { Mention, MentionsQuery } from "../store.ts";
import { type MemberRow, type NewMention, rowToMessage } from "./rows.ts";
import { hiddenFields, type MessageDocument, type Mongo, toObjectId } from "./schema.ts";
import type { Mutexes } from "./writes.ts";

/** Leaves out who isn't a member, and refuses who may not mention the room. */
export async function judgeMentions(
  db: Mongo,
  roomId: Types.ObjectId,
  batch: readonly PendingMessage[],
  results: Map<PendingMessage, AppendResult>,
): Promise<(one: PendingMessage) => string[]> {
  const named = new Set(batch.flatMap(({ mentions }) => mentions));
  if (named.size === 0 && !batch.some((it) => it.mentionsRoom)) return () => [];
  const [members, room, head] = await Promise.all([
    db.memberships
      .find({ roomId, userId: { $in: [...named] }, isMember: true })
      .select({ userId: 1, _id: 0 })
      .lean(),
    db.rooms.findById(roomId).select({ roomType: 1, createdBy: 1 }).lean(),
    db.memberships
      .findOne({ roomId })
      .sort({ version: -1 })
      .select({ memberCount: 1, createdBy: 1, _id: 0 })
      .lean(),
  ]);
  const { roomType = RoomType.UNSPECIFIED, createdBy = "" } = { ...room, ...head };
  const isLarge = (head?.memberCount ?? 0) > mostMentioned;
  for (const one of batch) {
    const mayMention = !isLarge || isModerator({ roomType, createdBy }, one.userId);
    if (one.mentionsRoom && !mayMention) results.set(one, rejected(new AppError("FORBIDDEN")));
  }
  const isMember = new Set(members.map(({ userId }) => userId));
  return ({ mentions }) => mentions.filter((userId) => isMember.has(userId));
}

/**
 * Numbers those of a batch that mention somebody, from the highest number that there is: a unique
 * index lets only one writer have each. Within this process one does so at a time, until disposed of.
 */
export async function numberMentions(
  db: Mongo,
  mutexes: Mutexes,
  batch: readonly PendingMessage[],
  membersNamedBy: (one: PendingMessage) => string[],
): Promise<Disposable & { of: (one: PendingMessage) => NewMention | undefined }> {
  const mentioning = batch.flatMap((one) => {
    const mentions = membersNamedBy(one);
    const mentionsRoom = one.mentionsRoom ?? false;
    return mentionsRoom || mentions.length > 0 ? [{ one, mentions, mentionsRoom }] : [];
  });
  const lock = await mutexes.lock(mentioning.length > 0 ? ["mentions"] : []);
  try {
    const last = mentioning.length > 0 ? await findLastNumber({ ...db, readLevel: "local" }) : 0;
    const made = new Map(
      mentioning.map(({ one, ...mention }, i) => [one, { ...mention, number: last + 1 + i }]),
    );
    return { of: (one) => made.get(one), [Symbol.dispose]: () => lock[Symbol.dispose]() };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function findLastNumber({ messages, readLevel }: Mongo): Promise<number> {
  const last = await messages
    .findOne({ mentionNumber: { $exists: true } })
    .sort({ mentionNumber: -1 })
    .select({ mentionNumber: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  return last?.mentionNumber ?? 0;
}

export const mentionPosition = findLastNumber;

type Filter = QueryFilter<MessageDocument>;
type Member = Pick<MemberRow, "roomId" | "userId" | "joinedAt">;

/** Of one's mentions in a room; those of the room itself from one's time in it, but for one's own. */
function mentionsIn({ roomId, userId, joinedAt }: Member, more: Filter): Filter[] {
  const others = { userId: { $ne: userId }, createdAt: { $gte: joinedAt } };
  return [
    { roomId, mentioned: userId, ...more },
    { roomId, mentioned: everyone, ...others, ...more },
  ];
}

/**
 * How many messages above `readSeq` mention each member, none beyond the `lastSeq` that is answered
 * with it: who counts on from there would count that twice. Who has none is left out. Each clause is
 * a look into an index, and all of one user are one question.
 */
export async function countMentions<M extends Member>(
  { messages }: Mongo,
  unread: readonly { member: M; readSeq: number; lastSeq: number }[],
): Promise<Map<M, number>> {
  const counts = new Map<M, number>();
  const count = async (its: typeof unread) => {
    const $or = its.flatMap(({ member, readSeq, lastSeq }) =>
      mentionsIn(member, { seq: { $gt: readSeq, $lte: lastSeq } }),
    );
    const rows = await messages.aggregate<{ _id: Types.ObjectId; count: number }>([
      { $match: { $or } },
      { $group: { _id: "$roomId", count: { $sum: 1 } } },
    ]);
    const byRoom = new Map(rows.map((row) => [row._id.toHexString(), row.count]));
    for (const { member } of its) {
      counts.set(member, byRoom.get(member.roomId.toHexString()) ?? 0);
    }
  };
  const byUser = Map.groupBy(unread, ({ member }) => member.userId);
  await Promise.all([...byUser.values()].map(count));
  return counts;
}

export async function listMentions(
  db: Mongo,
  { userId, below = Number.MAX_SAFE_INTEGER, limit }: MentionsQuery,
): Promise<Mention[]> {
  const members = await db.memberships
    .find({ userId: { $eq: userId }, isMember: true })
    .select({ roomId: 1, userId: 1, joinedAt: 1 })
    .readConcern(db.readLevel)
    .lean();
  if (members.length === 0) return [];
  const rows = await db.messages
    .find({ $or: members.flatMap((it) => mentionsIn(it, { mentionNumber: { $lt: below } })) })
    .sort({ mentionNumber: -1 })
    .limit(limit)
    .select(hiddenToReaders)
    .readConcern(db.readLevel)
    .lean();
  return rows.map(rowToMention);
}

/** Deleted messages keep their number, and mention nobody. */
export async function readMentionLog(db: Mongo, from: number, to: number): Promise<Mention[]> {
  const rows = await db.messages
    .find({ mentionNumber: { $gte: from, $lte: to }, mentioned: { $exists: true } })
    .sort({ mentionNumber: 1 })
    .select(hiddenToReaders)
    .readConcern(db.readLevel)
    .lean();
  return rows.map(rowToMention);
}

const { mentionNumber: _, ...hiddenToReaders } = hiddenFields;

function rowToMention({ mentionNumber: number = 0, ...row }: MessageDocument): Mention {
  return { number, message: rowToMessage(row) };
}

export async function membersSince(
  { memberships, readLevel }: Mongo,
  at: Date,
  roomId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await memberships
    .find({
      ...{ roomId: toObjectId(roomId), userId: { $in: [...userIds] } },
      ...{ isMember: true, joinedAt: { $lte: at } },
    })
    .select({ userId: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  return rows.map(({ userId }) => userId);
}
