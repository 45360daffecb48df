import type { Types } from "mongoose";
import { type AppendResult, type PendingMessage, rejected } from "../driver.ts";
import type { ReadMark } from "../store.ts";
import { noteOf } from "./reads.ts";
import { type MembershipDocument, type Mongo, type ReadLogDocument, toObjectId } from "./schema.ts";
import { untilSettled } from "./writes.ts";

/** Who sends has read up to there. What an attempt has stored is stored without that at worst. */
export async function markSent(
  db: Mongo,
  batch: readonly PendingMessage[],
  results: readonly AppendResult[],
): Promise<AppendResult[]> {
  const last = new Map<string, number>();
  for (const result of results) {
    if (result.status === "rejected") continue;
    const { userId, seq } = result.value.message;
    last.set(userId, Math.max(seq, last.get(userId) ?? 0));
  }
  if (last.size === 0) return [...results];
  try {
    const marks = await raise(db, toObjectId(batch[0]?.roomId ?? ""), last);
    return results.map((result) => {
      if (result.status === "rejected") return result;
      const { value } = result;
      return { ...result, value: { ...value, mark: marks.get(value.message.userId) } };
    });
  } catch (error) {
    return results.map((result) => (result.status === "rejected" ? result : rejected(error)));
  }
}

type Logged = ReadLogDocument & { members: Pick<MembershipDocument, "readSeq">[] };

/** The last marks of a log, among which one is that was made a moment ago. */
const newest = 50;

/** As `mark` in `reads.ts`, in three steps for all members of a room. */
async function raise(
  { memberships, readLogs }: Mongo,
  roomId: Types.ObjectId,
  last: ReadonlyMap<string, number>,
): Promise<Map<string, ReadMark>> {
  const logs = await untilSettled(async ({ check }) => {
    check();
    const marks = [...last].map(([userId, readSeq]) => {
      const filter = { roomId, userId: { $eq: userId }, isMember: true };
      return { updateOne: { filter, update: { $max: { readSeq } } } };
    });
    await memberships.bulkWrite(marks, { ordered: false });
    check();
    const notes = [...last.keys()].map((_id) => {
      return { updateOne: { filter: { _id }, update: noteOf(roomId), upsert: true } };
    });
    await readLogs.bulkWrite(notes, { ordered: false });
    // What the marks say is looked up after each log was read.
    return readLogs.aggregate<Logged>([
      { $match: { _id: { $in: [...last.keys()] } } },
      { $project: { number: 1, rooms: { $slice: ["$rooms", -newest] } } },
      {
        $lookup: {
          from: memberships.collection.collectionName,
          localField: "_id",
          foreignField: "userId",
          pipeline: [{ $match: { roomId, isMember: true } }, { $project: { readSeq: 1 } }],
          as: "members",
        },
      },
    ]);
  });
  return new Map(
    logs.flatMap((log): [string, ReadMark][] => {
      const place = log.rooms.findLastIndex((id) => id.equals(roomId));
      const seq = log.members[0]?.readSeq;
      if (place < 0 || seq === undefined) return [];
      const number = log.number - (log.rooms.length - 1 - place);
      return [[log._id, { userId: log._id, number, roomId: roomId.toHexString(), seq }]];
    }),
  );
}
