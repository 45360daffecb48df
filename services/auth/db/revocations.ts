import { sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { advisoryLocks, type Db, revocationsChannel, type Trx } from "./tables.ts";

/** What the feed tells of. */
export interface RevocationEvent {
  id: string;
  sessionId: string | null;
  changedUserId: string | null;
  isRenamed: boolean | null;
  createdAt: Date;
}

/** A page of the feed, all of one moment. */
export interface RevocationPage {
  events: RevocationEvent[];
  /** The highest id that exists, or has existed. */
  head: string;
  /** Rows up to this id have been removed. */
  prunedThrough: string;
}

const lockFeed = statement((_db: Db) => {
  const { space, id } = advisoryLocks.revocations;
  return sql`select pg_advisory_xact_lock(${sql.lit(space)}, ${sql.lit(id)})`;
});

interface Noted {
  sessionIds: string[];
  changedUserIds: string[];
  isRenamed: boolean | null;
}

const insertRevocations = statement(
  (_db: Db, given: Given<Noted>) => sql`
    with event as (
      insert into auth.revocations (session_id, changed_user_id, is_renamed)
      select session_id, null, null from unnest(${given("sessionIds")}::uuid[]) as session_id
      union all
      select null, user_id, ${given("isRenamed")}::boolean
      from unnest(${given("changedUserIds")}::bigint[]) as user_id
    )
    select pg_notify(${sql.lit(revocationsChannel)}, '')`,
);

/**
 * Writes to the feed. The lock is held to the end of the transaction, so rows appear in
 * the order of their ids: a reader who has seen one will never miss one before it.
 */
async function note(trx: Trx, noted: Partial<Noted>): Promise<void> {
  await lockFeed(trx, {});
  await insertRevocations(trx, {
    ...{ sessionIds: [], changedUserIds: [], isRenamed: null },
    ...noted,
  });
}

/** Tells the feed that sessions have ended, when the transaction commits. */
export async function noteEndedSessions(trx: Trx, sessionIds: string[]): Promise<void> {
  if (sessionIds.length > 0) await note(trx, { sessionIds });
}

/** Tells the feed that others see a user otherwise, when the transaction commits. */
export function noteChangedUser(trx: Trx, userId: string, isRenamed: boolean): Promise<void> {
  return note(trx, { changedUserIds: [userId], isRenamed });
}

const listAfter = statement(
  (_db: Db, given: Given<{ cursor: string; limit: number }>) => sql<{
    head: string;
    prunedThrough: string;
    id: string | null;
    sessionId: string | null;
    changedUserId: string | null;
    isRenamed: boolean | null;
    createdAt: Date;
  }>`
    select
      greatest(h.pruned_through, (select max(id) from auth.revocations)) as head,
      h.pruned_through, r.id, r.session_id, r.changed_user_id,
      r.is_renamed, r.created_at
    from auth.revocation_horizon h
    left join lateral (
      select * from auth.revocations where id > ${given("cursor")}::bigint
      order by id limit ${given("limit")}
    ) r on true
    order by r.id`,
);

/** What came after `cursor`, the oldest first. */
export async function listRevocations(
  db: Db,
  cursor: string,
  limit: number,
): Promise<RevocationPage> {
  // The horizon is one row, so there is always one in the answer.
  const rows = await listAfter(db, { cursor, limit });
  const [first] = rows;
  if (!first) throw new Error("revocation_horizon is empty");
  return {
    events: rows.flatMap(({ id, head: _head, prunedThrough: _through, ...event }) =>
      id === null ? [] : [{ id, ...event }],
    ),
    head: first.head,
    prunedThrough: first.prunedThrough,
  };
}

const findBefore = statement(
  (_db: Db, given: Given<{ seconds: number }>) => sql<{ cursor: string }>`
    select greatest(
      h.pruned_through,
      coalesce(
        (select min(id) - 1 from auth.revocations
          where created_at > now() - make_interval(secs => ${given("seconds")})),
        (select max(id) from auth.revocations)
      )
    ) as cursor
    from auth.revocation_horizon h`,
);

/** The cursor before everything of the last `seconds`. */
export async function findCursorBefore(db: Db, seconds: number): Promise<string> {
  const [row] = await findBefore(db, { seconds });
  return row?.cursor ?? "0";
}
