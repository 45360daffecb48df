import { type Kysely, sql, type Transaction } from "kysely";
import { AppError } from "#common/errors.ts";
import type { Membership, Slice } from "../store.ts";
import type { Database } from "./tables.ts";

/** Adds a membership to a room that is locked or new. Answers whether there was none. */
export async function insertMembership(
  trx: Transaction<Database>,
  roomId: string,
  userId: string,
): Promise<boolean> {
  const added = await trx
    .insertInto("memberships")
    .values({ roomId, userId })
    .onConflict((oc) => oc.doNothing())
    .returning("userId")
    .execute();
  if (added.length === 0) return false;
  await countMember(trx, roomId, 1);
  return true;
}

export async function addMember(
  db: Kysely<Database>,
  roomId: string,
  userId: string,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const room = await lockRoom(trx, roomId);
    if (!room) throw new AppError("ROOM_NOT_FOUND");
    return insertMembership(trx, roomId, userId);
  });
}

export async function removeMember(
  db: Kysely<Database>,
  roomId: string,
  userId: string,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const room = await lockRoom(trx, roomId);
    if (!room) return false;
    const removed = await trx
      .deleteFrom("memberships")
      .where("roomId", "=", roomId)
      .where("userId", "=", userId)
      .returning("userId")
      .execute();
    if (removed.length === 0) return false;
    await countMember(trx, roomId, -1);
    if (room.createdBy === userId) await passOn(trx, roomId);
    return true;
  });
}

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

export async function listMembersAmong(
  db: Kysely<Database>,
  roomId: string,
  userIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .selectFrom("memberships")
    .select("userId")
    .where("roomId", "=", roomId)
    .where(({ eb, ref }) => eb(ref("userId"), "=", sql<string>`any(${[...userIds]}::text[])`))
    .execute();
  return new Set(rows.map((row) => row.userId));
}

function lockRoom(trx: Transaction<Database>, roomId: string) {
  return trx
    .selectFrom("rooms")
    .select("createdBy")
    .where("id", "=", roomId)
    .forUpdate()
    .executeTakeFirst();
}

async function countMember(trx: Transaction<Database>, roomId: string, by: number) {
  await trx
    .updateTable("rooms")
    .set(({ eb }) => ({
      memberCount: eb("memberCount", "+", by),
      membershipVersion: eb("membershipVersion", "+", 1),
      updatedAt: sql<Date>`now()`,
    }))
    .where("id", "=", roomId)
    .execute();
}

/** Gives the creator's place to the oldest member, if there is one. */
async function passOn(trx: Transaction<Database>, roomId: string): Promise<void> {
  const oldest = await trx
    .selectFrom("memberships")
    .select("userId")
    .where("roomId", "=", roomId)
    .orderBy("position")
    .limit(1)
    .executeTakeFirst();
  if (!oldest) return;
  await trx
    .updateTable("rooms")
    .set({ createdBy: oldest.userId })
    .where("id", "=", roomId)
    .execute();
}
