import { sql } from "kysely";
import { advisoryLocks, type Db, revocationsChannel, type Trx } from "./tables.ts";

/** What the feed tells of. */
export interface RevocationEvent {
  id: string;
  sessionId: string | null;
  changedUserId: string | null;
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

/**
 * Writes to the feed. The lock is held to the end of the transaction, so rows appear in
 * the order of their ids: a reader who has seen one will never miss one before it.
 */
async function insertRevocations(
  trx: Trx,
  rows: ({ sessionId: string } | { changedUserId: string })[],
): Promise<void> {
  const { space, id } = advisoryLocks.revocations;
  await sql`select pg_advisory_xact_lock(${sql.lit(space)}, ${sql.lit(id)})`.execute(trx);
  await sql`
    insert into auth.revocations (session_id, changed_user_id)
    select * from unnest(
      ${rows.map((row) => ("sessionId" in row ? row.sessionId : null))}::uuid[],
      ${rows.map((row) => ("changedUserId" in row ? row.changedUserId : null))}::bigint[]
    )`.execute(trx);
  await sql`select pg_notify(${sql.lit(revocationsChannel)}, '')`.execute(trx);
}

/** Tells the feed that sessions have ended, when the transaction commits. */
export async function noteEndedSessions(trx: Trx, sessionIds: string[]): Promise<void> {
  if (sessionIds.length > 0) {
    await insertRevocations(
      trx,
      sessionIds.map((sessionId) => ({ sessionId })),
    );
  }
}

/** Tells the feed that a user has another name, when the transaction commits. */
export function noteChangedUser(trx: Trx, changedUserId: string): Promise<void> {
  return insertRevocations(trx, [{ changedUserId }]);
}

/** What came after `cursor`, the oldest first. */
export async function listRevocations(
  db: Db,
  cursor: string,
  limit: number,
): Promise<RevocationPage> {
  // The horizon is one row, so there is always one in the answer.
  const { rows } = await sql<{
    head: string;
    prunedThrough: string;
    id: string | null;
    sessionId: string | null;
    changedUserId: string | null;
    createdAt: Date;
  }>`
    select
      greatest(h.pruned_through, (select max(id) from auth.revocations)) as head,
      h.pruned_through, r.id, r.session_id, r.changed_user_id, r.created_at
    from auth.revocation_horizon h
    left join lateral (
      select * from auth.revocations where id > ${cursor}::bigint order by id limit ${limit}
    ) r on true
    order by r.id`.execute(db);
  const [first] = rows;
  if (!first) throw new Error("revocation_horizon is empty");
  return {
    events: rows.flatMap(({ id, sessionId, changedUserId, createdAt }) =>
      id === null ? [] : [{ id, sessionId, changedUserId, createdAt }],
    ),
    head: first.head,
    prunedThrough: first.prunedThrough,
  };
}

/** The cursor before everything of the last `seconds`. */
export async function findCursorBefore(db: Db, seconds: number): Promise<string> {
  const { rows } = await sql<{ cursor: string }>`
    select greatest(
      h.pruned_through,
      coalesce(
        (select min(id) - 1 from auth.revocations
          where created_at > now() - make_interval(secs => ${seconds})),
        (select max(id) from auth.revocations)
      )
    ) as cursor
    from auth.revocation_horizon h`.execute(db);
  return rows[0]?.cursor ?? "0";
}
