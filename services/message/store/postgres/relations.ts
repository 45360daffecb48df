import { type Kysely, sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import type { SharingQuestion } from "../driver.ts";
import type { Database } from "./schema.ts";

type Db = Kysely<Database>;

const selectStates = statement(
  (_: Db, given: Given<{ userIds: string[] }>) => sql<{ userId: string; state: string }>`
    select asked.id as "userId",
      concat_ws(' ', coalesce(counter.last_number, 0), blocked.count, blocked.last) as state
    from unnest(${given("userIds")}::text[]) as asked (id)
    left join message.membership_counters counter on counter.user_id = asked.id
    cross join lateral (
      select count(*), max(position) as last from message.blocks where user_id = asked.id
    ) blocked`,
);

export async function listRelationStates(
  db: Db,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await selectStates(db, { userIds: [...userIds] });
  return new Map(rows.map(({ userId, state }) => [userId, state]));
}

/** Each pair is a look into indexes, whatever the planner makes of all of them. */
const selectSharing = statement(
  (_: Db, given: Given<{ places: number[]; userIds: string[]; otherIds: string[] }>) =>
    sql<{ place: number; otherId: string }>`
      select place, other_id as "otherId"
      from unnest(${given("places")}::int[], ${given("userIds")}::text[],
        ${given("otherIds")}::text[]) as asked (place, user_id, other_id)
      join lateral (
        select from message.memberships mine
        join message.memberships theirs
          on theirs.room_id = mine.room_id and theirs.user_id = asked.other_id
        where mine.user_id = asked.user_id limit 1
      ) shared on true`,
);

export async function listSharing(db: Db, asked: readonly SharingQuestion[]): Promise<string[][]> {
  const pairs = asked.flatMap(({ userId, otherIds }, place) =>
    otherIds.map((otherId) => ({ place, userId, otherId })),
  );
  const rows = await selectSharing(db, {
    places: pairs.map(({ place }) => place),
    userIds: pairs.map(({ userId }) => userId),
    otherIds: pairs.map(({ otherId }) => otherId),
  });
  const lists = asked.map((): string[] => []);
  for (const { place, otherId } of rows) lists[place]?.push(otherId);
  return lists;
}
