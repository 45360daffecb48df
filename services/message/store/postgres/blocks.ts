import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { Database } from "./schema.ts";

type Db = Kysely<Database>;

const insertBlock = statement(
  (_: Db, given: Given<{ userId: string; blockedId: string; most: number }>) =>
    sql<{ isBlocked: boolean }>`
      with held as (
        select count(*) < ${given("most")}::int as has_room,
          coalesce(bool_or(blocked_id = ${given("blockedId")}::text), false) as is_there
        from message.blocks where user_id = ${given("userId")}::text
      ),
      added as (
        insert into message.blocks (user_id, blocked_id)
        select ${given("userId")}::text, ${given("blockedId")}::text from held
        where has_room and not is_there
        on conflict do nothing
      )
      select has_room or is_there as "isBlocked" from held`,
);

/** Answers whether the user is blocked now. */
export async function block(
  db: Db,
  userId: string,
  blockedId: string,
  most: number,
): Promise<boolean> {
  const [row] = await insertBlock(db, { userId, blockedId, most });
  return row?.isBlocked ?? false;
}

const deleteBlock = statement(
  (_: Db, given: Given<{ userId: string; blockedId: string }>) => sql`
    delete from message.blocks
    where user_id = ${given("userId")}::text and blocked_id = ${given("blockedId")}::text`,
);

export async function unblock(db: Db, userId: string, blockedId: string): Promise<void> {
  await deleteBlock(db, { userId, blockedId });
}

const selectBlocks = statement(
  (_: Db, given: Given<{ userIds: string[] }>) =>
    sql<{ i: number; blockedId: string }>`
      select i::int, blocked_id as "blockedId"
      from unnest(${given("userIds")}::text[]) with ordinality as asked (id, i)
      join message.blocks on user_id = asked.id
      order by i, position`,
);

export async function listBlocks(db: Db, userIds: readonly string[]): Promise<string[][]> {
  const rows = await selectBlocks(db, { userIds: [...userIds] });
  const lists = userIds.map((): string[] => []);
  for (const { i, blockedId } of rows) lists[i - 1]?.push(blockedId);
  return lists;
}
