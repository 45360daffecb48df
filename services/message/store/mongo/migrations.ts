import { Types } from "mongoose";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { findLastSeq } from "./last-seq.ts";
import { lastNumbersOf } from "./members.ts";
import { roomToRow } from "./rows.ts";
import { createIndexes, type MembershipDocument, type Mongo } from "./schema.ts";
import { untilSettled } from "./writes.ts";

const pageSize = 1_000;
const stepTimeoutMs = 10_000;
/** One and the same everywhere, so that whoever starts first creates it and nobody again. */
const generalId = new Types.ObjectId("635a5e3b8bb9e8b3c8e9f5d2");

/**
 * Makes what the store rests on and brings data of earlier versions up to date. Several
 * instances may do so at once: each leaves alone what another has done.
 */
export async function migrate(db: Mongo): Promise<void> {
  // Several that make indexes at once can get in each other's way.
  await settle(() => createIndexes(db));
  await settle(() => ensureGeneral(db));
  for (const [id, run] of Object.entries(migrations)) await once(db, id, () => run(db));
}

/** Each runs once, in this order. What has been released is never edited. */
export const migrations: Record<string, (db: Mongo) => Promise<void>> = {
  "0001-membership-numbers": numberMemberships,
  "0002-read-state": markEverythingRead,
};

async function settle(step: () => Promise<void>): Promise<void> {
  await untilSettled(async () => {
    await step();
    return true;
  }, stepTimeoutMs);
}

async function once({ migrations }: Mongo, _id: string, run: () => Promise<void>): Promise<void> {
  if (await migrations.exists({ _id })) return;
  await run();
  await migrations.updateOne({ _id }, { $set: { at: new Date() } }, { upsert: true });
}

/** The room that is there from the beginning. */
async function ensureGeneral({ rooms }: Mongo): Promise<void> {
  if (await rooms.exists({ _id: generalId })) return;
  const room = {
    name: "general",
    description: "General discussion room",
    roomType: RoomType.PUBLIC,
    createdBy: "system",
  };
  await rooms.insertMany([roomToRow(generalId, room, new Date())], { lean: true });
}

type Unnumbered = Pick<MembershipDocument, "_id" | "userId">;

/** Memberships without a number get their user's next ones, those that were made first before. */
async function numberMemberships(db: Mongo): Promise<void> {
  let after: Types.ObjectId | undefined;
  for (;;) {
    const page: Unnumbered[] = await db.memberships
      .find(after ? { _id: { $gt: after } } : {})
      .sort({ _id: 1 })
      .limit(pageSize)
      .select({ userId: 1 })
      .lean();
    if (page.length === 0) return;
    await settle(() => numberPage(db, page));
    after = page.at(-1)?._id;
  }
}

async function numberPage(db: Mongo, page: readonly Unnumbered[]): Promise<void> {
  const last = await lastNumbersOf(db, [...new Set(page.map(({ userId }) => userId))]);
  const updates = page.map(({ _id, userId }) => {
    const number = (last.get(userId) ?? 0) + 1;
    last.set(userId, number);
    const filter = { _id, number: { $exists: false } };
    return { updateOne: { filter, update: { $set: { number, numbersTaken: [number] } } } };
  });
  await db.memberships.bulkWrite(updates);
}

/** Members of the time before have read what their room has by now. */
async function markEverythingRead(db: Mongo): Promise<void> {
  for await (const { _id } of db.rooms.find().select({ _id: 1 }).lean().cursor()) {
    await settle(async () => {
      const readSeq = await findLastSeq(db, _id);
      const unread = { roomId: _id, readSeq: { $exists: false } };
      await db.memberships.updateMany(unread, { $set: { readSeq } });
    });
  }
}
