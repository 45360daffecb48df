import { Types } from "mongoose";
import { isConflict } from "./errors.ts";
import type { Mongo } from "./schema.ts";
import { untilSettled } from "./writes.ts";

/** Answers whether the user is blocked now. */
export function block(
  { blocks }: Mongo,
  userId: string,
  blockedId: string,
  most: number,
): Promise<boolean> {
  return untilSettled(async ({ check }) => {
    const there = await blocks.exists({ userId: { $eq: userId }, blockedId: { $eq: blockedId } });
    if (!there && (await blocks.countDocuments({ userId: { $eq: userId } })) >= most) return false;
    check();
    try {
      // Found or not: what was written before is durable when this is.
      // With an id of ours: those that a server makes within one second are in no order.
      const _id = new Types.ObjectId();
      const update = { $inc: { asked: 1 }, $setOnInsert: { _id } };
      await blocks.updateOne({ userId, blockedId }, update, { upsert: true });
    } catch (error) {
      // Two at once.
      if (isConflict(error)) return undefined;
      throw error;
    }
    return true;
  });
}

export function unblock({ blocks }: Mongo, userId: string, blockedId: string): Promise<void> {
  return untilSettled(async ({ check }) => {
    check();
    await blocks.deleteOne({ userId: { $eq: userId }, blockedId: { $eq: blockedId } });
    return true;
  }).then(() => undefined);
}

export async function listBlocks(
  { blocks }: Pick<Mongo, "blocks">,
  userIds: readonly string[],
): Promise<string[][]> {
  const rows = await blocks
    .find({ userId: { $in: [...userIds] } })
    .sort({ _id: 1 })
    .select({ userId: 1, blockedId: 1, _id: 0 })
    .lean();
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  return userIds.map((userId) => (byUser.get(userId) ?? []).map(({ blockedId }) => blockedId));
}
