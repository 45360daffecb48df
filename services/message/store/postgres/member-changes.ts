import { type Kysely, sql } from "kysely";
import { AppError } from "#contract/errors.ts";
import { type ChangeResult, type PendingChange, rejected } from "../driver.ts";
import { mostRoomsFor, tooManyRooms } from "../room-limits.ts";
import { type Database, isHidden } from "./schema.ts";

type Member = Pick<PendingChange, "roomId" | "userId">;
type Addition = Member & Pick<PendingChange, "byUserId">;

/**
 * Each change holds its room until it is on disk: a crowd has to come in as one. What is added
 * and what is removed takes a statement each.
 */
export async function changeMembers(
  db: Kysely<Database>,
  batch: readonly PendingChange[],
): Promise<ChangeResult[]> {
  const additions = batch.filter(({ isMember }) => isMember);
  const removals = batch.filter(({ isMember }) => !isMember);
  const added = await settle(additions, () => addMembers(db, additions));
  const removed = await settle(removals, () => removeMembers(db, removals));
  return batch.map((one) => added.get(one) ?? removed.get(one) ?? noResult);
}

const noResult = rejected(new AppError("INTERNAL"));

/** Runs a statement for changes, which fails for all of them or for none. */
async function settle(
  changes: readonly PendingChange[],
  run: () => Promise<ChangeResult[]>,
): Promise<Map<PendingChange, ChangeResult>> {
  if (changes.length === 0) return new Map();
  const results = await run().catch((reason: unknown) => changes.map(() => rejected(reason)));
  return new Map(changes.map((one, i) => [one, results[i] ?? noResult]));
}

/**
 * Adds memberships by one statement; of those who ask for the same the first gets the change.
 * The rows of those who add are locked after their rooms: so one that was deleted while the room
 * was waited for is passed over, though the statement began before.
 */
export async function addMembers(
  db: Kysely<Database>,
  batch: readonly Addition[],
): Promise<ChangeResult[]> {
  const { rows } = await sql<{
    isRoom: boolean;
    isFitting: boolean;
    number: number | null;
  }>`
    with ${inputOf(batch)},
    more as (
      select * from unnest(
        ${batch.map((it) => it.byUserId ?? null)}::text[],
        ${batch.map((it) => mostRoomsFor(it.byUserId))}::int[]
      ) with ordinality as t (by_id, most, i)
    ),
    locked as materialized (
      select id from message.rooms where id = any(${roomIdsOf(batch)}::text[])
      order by id for update
    ),
    adders as materialized (
      select m.room_id, m.user_id from locked join message.memberships m on m.room_id = locked.id
      where (m.room_id, m.user_id) in (select room_id, by_id from input join more using (i))
      for key share of m
    ),
    held as (
      select user_id, count(*) as n from message.memberships m
      where user_id = any(${batch.map((it) => it.userId)}::text[]) and not ${isHidden}
      group by user_id
    ),
    judged as materialized (
      select input.*,
        locked.id is not null and (by_id is null or adders.user_id is not null) as is_room,
        mine.user_id is not null or coalesce(held.n, 0) + dense_rank() over (
          partition by input.user_id order by input.room_id) <= most as is_fitting
      from input join more using (i)
      left join locked on locked.id = input.room_id
      left join adders on adders.room_id = input.room_id and adders.user_id = by_id
      left join held on held.user_id = input.user_id
      left join message.memberships mine
        on mine.room_id = input.room_id and mine.user_id = input.user_id
    ),
    added as (
      insert into message.memberships (room_id, user_id)
      select room_id, user_id from judged where is_room and is_fitting order by i
      on conflict do nothing
      returning room_id, user_id
    ),
    ${loggedOf("added", true)},
    counted as (
      update message.rooms r set member_count = r.member_count + n, updated_at = now()
      from (select room_id, count(*)::int as n from added group by room_id) as by_room
      where r.id = by_room.room_id
    )
    select is_room as "isRoom", is_fitting as "isFitting",
      case when ${isFirstOf("judged")} then logged.number end as number
    from judged
    left join logged on logged.room_id = judged.room_id and logged.user_id = judged.user_id
    order by judged.i`.execute(db);
  return batch.map((one, i) => {
    const row = rows[i];
    if (row?.isRoom && row.isFitting) return fulfilled(one, row.number, true);
    const reason = row?.isRoom ? tooManyRooms() : new AppError("ROOM_NOT_FOUND");
    return rejected(reason);
  });
}

/**
 * Ends memberships. The rooms are locked by a statement of their own, so that the next one
 * sees who is left to follow a creator.
 */
async function removeMembers(
  db: Kysely<Database>,
  batch: readonly Member[],
): Promise<ChangeResult[]> {
  const rows = await db.transaction().execute(async (trx) => {
    await sql`
      select id from message.rooms where id = any(${roomIdsOf(batch)}::text[])
      order by id for update`.execute(trx);
    const removed = await sql<{ number: number | null }>`
      with ${inputOf(batch)},
      gone as (
        delete from message.memberships m using input
        where m.room_id = input.room_id and m.user_id = input.user_id
        returning m.room_id, m.user_id
      ),
      ${loggedOf("gone", false)},
      counted as (
        update message.rooms r set member_count = r.member_count - n, updated_at = now(),
          created_by = case when r.created_by = any(users) then coalesce((
            select m.user_id from message.memberships m
            where m.room_id = r.id and m.user_id <> all(users) order by m.position limit 1
          ), r.created_by) else r.created_by end
        from (
          select room_id, array_agg(user_id) as users, count(*)::int as n from gone group by room_id
        ) as by_room
        where r.id = by_room.room_id
      )
      select case when ${isFirstOf("input")} then logged.number end as number
      from input
      left join logged on logged.room_id = input.room_id and logged.user_id = input.user_id
      order by input.i`.execute(trx);
    return removed.rows;
  });
  return batch.map((one, i) => fulfilled(one, rows[i]?.number ?? null, false));
}

/** @param number of the change; null where there was nothing to change */
function fulfilled(
  { userId, roomId }: Member,
  number: number | null,
  isMember: boolean,
): ChangeResult {
  const value = number === null ? undefined : { userId, number, roomId, isMember };
  return { status: "fulfilled", value };
}

const inputOf = (batch: readonly Member[]) => sql`
  input as (
    select * from unnest(
      ${batch.map((it) => it.roomId)}::text[], ${batch.map((it) => it.userId)}::text[]
    ) with ordinality as t (room_id, user_id, i)
  )`;

/**
 * Numbers changes by their users' counters, whose rows are locked until the change is committed:
 * so no number appears after a higher one. They are locked after all rooms and in the order of
 * users, so that batches can't wait for each other in a circle.
 */
export const loggedOf = (changed: "added" | "gone" | "shown", isMember: boolean) => sql`
  last_numbers as (
    insert into message.membership_counters as counter (user_id, last_number)
    select user_id, count(*) from ${sql.ref(changed)} group by user_id order by user_id
    on conflict (user_id) do update set last_number = counter.last_number + excluded.last_number
    returning user_id, last_number
  ),
  logged as (
    insert into message.membership_log (user_id, room_id, number, is_member)
    select user_id, room_id, last_number + 1 - row_number() over (
      partition by user_id order by room_id), ${sql.lit(isMember)}
    from ${sql.ref(changed)} join last_numbers using (user_id)
    on conflict (user_id, room_id)
    do update set number = excluded.number, is_member = excluded.is_member
    returning user_id, room_id, number
  )`;

const roomIdsOf = (batch: readonly Member[]) => batch.map((it) => it.roomId);

const isFirstOf = (asked: "input" | "judged") => sql`row_number() over (
  partition by ${sql.ref(asked)}.room_id, ${sql.ref(asked)}.user_id
  order by ${sql.ref(asked)}.i) = 1`;
