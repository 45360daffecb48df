import type { Types } from "mongoose";
import { untilSettled } from "./attempts.ts";
import { lastNumbersOf } from "./memberships.ts";
import type { MembershipDocument, Mongo } from "./models.ts";

const pageSize = 1_000;
const pageTimeoutMs = 10_000;

/**
 * Brings data of earlier versions up to date. Several instances may do so at once: each step
 * leaves alone what another has done.
 */
export async function migrate(db: Mongo): Promise<void> {
  await once(db, "0001-membership-numbers", () => numberMemberships(db));
}

async function once({ migrations }: Mongo, _id: string, run: () => Promise<void>): Promise<void> {
  if (await migrations.exists({ _id })) return;
  await run();
  await migrations.updateOne({ _id }, { $set: { at: new Date() } }, { upsert: true });
}

/** Memberships without a number get their user's next ones, those that were made first before. */
async function numberMemberships(db: Mongo): Promise<void> {
  let after: Types.ObjectId | undefined;
  for (;;) {
    const page: Pick<MembershipDocument, "_id" | "userId">[] = await db.memberships
      .find(after ? { _id: { $gt: after } } : {})
      .sort({ _id: 1 })
      .limit(pageSize)
      .select({ userId: 1 })
      .lean();
    if (page.length === 0) return;
    await untilSettled(() => numberPage(db, page), pageTimeoutMs);
    after = page.at(-1)?._id;
  }
}

async function numberPage(
  db: Mongo,
  page: readonly Pick<MembershipDocument, "_id" | "userId">[],
): Promise<true> {
  const last = await lastNumbersOf(db, [...new Set(page.map(({ userId }) => userId))]);
  const updates = page.map(({ _id, userId }) => {
    const number = (last.get(userId) ?? 0) + 1;
    last.set(userId, number);
    const filter = { _id, number: { $exists: false } };
    return { updateOne: { filter, update: { $set: { number, numbersTaken: [number] } } } };
  });
  await db.memberships.bulkWrite(updates);
  return true;
}
