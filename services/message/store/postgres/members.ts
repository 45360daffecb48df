import type { Kysely } from "kysely";
import type { Pool } from "pg";
import type { Membership, MembershipChange, Slice } from "../store.ts";
import type { Database, MembershipCounterTable } from "./schema.ts";

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

/** Asked with every connect: by a fixed statement, as building one costs more than running it. */
export async function listMembershipPositions(
  pool: Pool,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await pool.query<Pick<MembershipCounterTable, "userId" | "lastNumber">>({
    name: "membership-positions",
    text: `select user_id as "userId", last_number as "lastNumber"
      from message.membership_counters where user_id = any($1::text[])`,
    values: [userIds],
  });
  return new Map(rows.map((row) => [row.userId, row.lastNumber]));
}
