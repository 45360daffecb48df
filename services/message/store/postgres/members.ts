import { type Kysely, sql } from "kysely";
import type { Membership, MembershipChange, Slice } from "../store.ts";
import type { Database } from "./schema.ts";

export async function listMembers(
  db: Kysely<Database>,
  roomId: string,
  { offset, limit }: Slice,
): Promise<{ members: Membership[]; total: number }> {
  const [members, room] = await Promise.all([
    db
      .selectFrom("memberships")
      .select(["userId", "joinedAt"])
      .where("roomId", "=", roomId)
      .orderBy("position")
      .offset(offset)
      .limit(limit)
      .execute(),
    db.selectFrom("rooms").select("memberCount").where("id", "=", roomId).executeTakeFirst(),
  ]);
  return { members, total: room?.memberCount ?? 0 };
}

export function listMembershipChanges(
  db: Kysely<Database>,
  userId: string,
  from: number,
  to: number,
): Promise<MembershipChange[]> {
  return db
    .selectFrom("membershipLog")
    .select(["userId", "number", "roomId", "isMember"])
    .where("userId", "=", userId)
    .where("number", ">=", from)
    .where("number", "<=", to)
    .orderBy("number")
    .execute();
}

export async function listMembershipPositions(
  db: Kysely<Database>,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("membershipCounters")
    .select(["userId", "lastNumber"])
    .where(({ eb, ref }) => eb(ref("userId"), "=", sql<string>`any(${[...userIds]}::text[])`))
    .execute();
  return new Map(rows.map((row) => [row.userId, row.lastNumber]));
}
