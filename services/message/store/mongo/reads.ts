import { type QueryFilter, Types } from "mongoose";
import type { NotifyLevel } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { ChangesQuestion, MarkResult } from "../driver.ts";
import type { NewMark, ReadMark } from "../store.ts";
import { findLastSeq } from "./last-seq.ts";
import { type MembershipDocument, type Mongo, toObjectId } from "./schema.ts";
import { untilSettled } from "./writes.ts";

/** Rooms kept in a user's log. So many marks between two polls are not to be expected. */
const roomsKept = 500;

/** Notes in a user's log that what they have read of a room has changed. */
export const noteOf = (roomId: Types.ObjectId) => ({
  $inc: { number: 1 },
  $push: { rooms: { $each: [roomId], $slice: -roomsKept } },
});

export async function markRead(db: Mongo, batch: readonly NewMark[]): Promise<MarkResult[]> {
  return Promise.allSettled(
    batch.map(async ({ roomId, userId, seq, onlyRises }) => {
      const id = toObjectId(roomId);
      const lastSeq = await findLastSeq(db, id);
      return mark(db, id, userId, Math.min(seq ?? lastSeq, lastSeq), onlyRises);
    }),
  );
}

/**
 * Changes what a member has read, and then notes in their log that it has changed. What the mark
 * says is read after that: so the last number of a room always says what is stored in the end.
 * A mark says that it isn't noted until it is: one whose process has died in between is noted by
 * whoever asks for the same again.
 */
async function mark(
  db: Mongo,
  roomId: Types.ObjectId,
  userId: string,
  readSeq: number,
  onlyRises: boolean,
): Promise<ReadMark | undefined> {
  const { memberships } = db;
  const own = { roomId, userId: { $eq: userId }, isMember: true };
  // Also where a version made the member that knew of no read state.
  const isOther = { readSeq: { $not: onlyRises ? { $gte: readSeq } : { $eq: readSeq } } };
  const unnoted = new Types.ObjectId();
  const { made } = await untilSettled(async ({ isRepeat, check }) => {
    check();
    const update = { $set: { readSeq, unnoted } };
    const { matchedCount } = await memberships.updateOne({ ...own, ...isOther }, update);
    const left = matchedCount > 0 ? unnoted : await findUnnoted(db, own);
    // An attempt whose answer was lost may have changed it.
    if (!left && !isRepeat) return { made: undefined };
    check();
    const log = (await noteInLog(db, userId, roomId)) ?? (await beginLog(db, userId, roomId));
    const member =
      (await settleNoted(db, { ...own, unnoted: left ?? unnoted })) ??
      (await memberships.findOne(own).select({ readSeq: 1, _id: 0 }).lean());
    if (!log || member?.readSeq === undefined) return { made: undefined };
    const { number } = log;
    return { made: { userId, number, roomId: roomId.toHexString(), seq: member.readSeq } };
  });
  return made;
}

type Own = QueryFilter<MembershipDocument>;

async function findUnnoted({ memberships }: Mongo, own: Own): Promise<Types.ObjectId | undefined> {
  const left = { ...own, unnoted: { $exists: true } };
  const member = await memberships.findOne(left).select({ unnoted: 1, _id: 0 }).lean();
  return member?.unnoted;
}

/** A mark that is noted, unless a later one has come; where this is lost it is noted once more. */
function settleNoted({ memberships }: Mongo, own: Own) {
  const update = { $unset: { unnoted: 1 } };
  return memberships
    .findOneAndUpdate(own, update, { projection: { readSeq: 1 }, writeConcern: { w: 1 } })
    .lean();
}

/** Answers the number that the mark has in the user's log; null where they have none yet. */
function noteInLog({ readLogs }: Mongo, userId: string, roomId: Types.ObjectId) {
  return readLogs
    .findOneAndUpdate({ _id: userId }, noteOf(roomId), {
      returnDocument: "after",
      projection: { number: 1 },
    })
    .lean();
}

/** In two steps: of two upserts at once one may answer a number that isn't the one it has given. */
async function beginLog(db: Mongo, userId: string, roomId: Types.ObjectId) {
  const empty = { $setOnInsert: { number: 0, rooms: [] } };
  await db.readLogs.updateOne({ _id: userId }, empty, { upsert: true });
  return noteInLog(db, userId, roomId);
}

export async function setNotify(
  { memberships }: Mongo,
  roomId: string,
  userId: string,
  level: NotifyLevel,
): Promise<void> {
  const own = { roomId: toObjectId(roomId), userId: { $eq: userId }, isMember: true };
  await memberships.updateOne(own, { $set: { notify: level } });
}

export async function listReads(
  db: Mongo,
  roomId: string,
  limit: number,
): Promise<{ userId: string; seq: number }[]> {
  const id = toObjectId(roomId);
  const [rows, lastSeq] = await Promise.all([
    db.memberships
      .find({ roomId: id, isMember: true })
      .sort({ version: 1 })
      .limit(limit)
      .select({ userId: 1, readSeq: 1, _id: 0 })
      .readConcern(db.readLevel)
      .lean(),
    findLastSeq(db, id),
  ]);
  return rows.map(({ userId, readSeq = lastSeq }) => ({ userId, seq: readSeq }));
}

export function listReadMarks(db: Mongo, asked: readonly ChangesQuestion[]): Promise<ReadMark[][]> {
  return Promise.all(asked.map((question) => listMarksOf(db, question)));
}

async function listMarksOf(
  { memberships, readLogs, readLevel }: Mongo,
  { userId, from, to }: ChangesQuestion,
): Promise<ReadMark[]> {
  const log = await readLogs.findById(userId).readConcern(readLevel).lean();
  if (!log) return [];
  const first = log.number - log.rooms.length + 1;
  const numbers = new Map<string, number>();
  for (const [i, roomId] of log.rooms.entries()) {
    if (first + i >= from && first + i <= to) numbers.set(roomId.toHexString(), first + i);
  }
  const rows = await memberships
    .find({ userId: { $eq: userId }, roomId: { $in: [...numbers.keys()] }, isMember: true })
    .select({ roomId: 1, readSeq: 1, _id: 0 })
    .readConcern(readLevel)
    .lean();
  const marks = rows.map(({ roomId: id, readSeq = 0 }) => {
    const roomId = id.toHexString();
    return { userId, number: numbers.get(roomId) ?? 0, roomId, seq: readSeq };
  });
  return marks.sort((a, b) => a.number - b.number);
}

export async function listReadPositions(
  { readLogs, readLevel }: Mongo,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await readLogs
    .find({ _id: { $in: [...userIds] } })
    .select({ number: 1 })
    .readConcern(readLevel)
    .lean();
  return new Map(rows.map(({ _id, number }) => [_id, number]));
}
