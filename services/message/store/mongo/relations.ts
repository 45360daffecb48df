import type { SharingQuestion } from "../driver.ts";
import { listMembershipPositions } from "./members.ts";
import type { Mongo } from "./schema.ts";

export async function listRelationStates(
  db: Mongo,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const [numbers, blocks] = await Promise.all([
    listMembershipPositions(db, userIds),
    db.blocks
      .find({ userId: { $in: [...userIds] } })
      .sort({ _id: 1 })
      .select({ userId: 1 })
      .lean(),
  ]);
  const blocksOf = Map.groupBy(blocks, ({ userId }) => userId);
  return new Map(
    userIds.map((userId) => {
      const its = blocksOf.get(userId) ?? [];
      return [userId, `${numbers.get(userId) ?? 0} ${its.length} ${its.at(-1)?._id ?? ""}`];
    }),
  );
}

export function listSharing(
  { memberships }: Mongo,
  asked: readonly SharingQuestion[],
): Promise<string[][]> {
  return Promise.all(
    asked.map(async ({ userId, otherIds }) => {
      const mine = await memberships
        .find({ userId: { $eq: userId }, isMember: true })
        .select({ roomId: 1, _id: 0 })
        .lean();
      const roomIds = mine.map(({ roomId }) => roomId);
      const theirs = await memberships
        .find({ roomId: { $in: roomIds }, userId: { $in: [...otherIds] }, isMember: true })
        .select({ userId: 1, _id: 0 })
        .lean();
      return [...new Set(theirs.map((it) => it.userId))];
    }),
  );
}
