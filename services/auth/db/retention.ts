import { type RawBuilder, sql } from "kysely";
import { noteEndedSessions } from "./revocations.ts";
import { advisoryLocks, type Db } from "./tables.ts";

const revocationsKeptDays = 7;
/** How long a client is known that doesn't sign in again. */
const knownClientDays = 90;
/** Rows at once, so that no statement runs into its time limit. */
const batchSize = 1_000;

/**
 * Ends sessions that have reached their age, or were not used for too long, so that the
 * feed tells of them and their sockets are cut.
 */
export async function endExpiredSessions(db: Db): Promise<void> {
  await untilFew(() =>
    db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ id: string }>`
        update auth.sessions set ended_at = clock_timestamp()
        where id in (
          select id from auth.sessions
          where ended_at is null and refresh_expires_at <= now()
          order by id limit ${batchSize} for update skip locked
        )
        returning id`.execute(trx);
      await noteEndedSessions(
        trx,
        rows.map((row) => row.id),
      );
      return rows.length;
    }),
  );
}

/** Removes tokens and sessions that can't be used any more, and what the feed needn't keep. */
export async function removeOld(db: Db): Promise<void> {
  const remove = (statement: RawBuilder<unknown>) =>
    untilFew(async () => Number((await statement.execute(db)).numAffectedRows ?? 0n));
  await remove(sql`
    delete from auth.refresh_tokens where hash in (
      select hash from auth.refresh_tokens where expires_at <= now() limit ${batchSize}
    )`);
  // Ended before, so that the feed has announced it.
  await remove(sql`
    delete from auth.sessions where id in (
      select id from auth.sessions
      where ended_at is not null and refresh_expires_at <= now() limit ${batchSize}
    )`);
  await remove(sql`
    delete from auth.known_clients where (user_id, client) in (
      select user_id, client from auth.known_clients
      where seen_at < now() - make_interval(days => ${knownClientDays}::int) limit ${batchSize}
    )`);
  await untilFew(() => removeRevocations(db));
}

/** The horizon moves with the rows, so a reader never misses one without learning of it. */
function removeRevocations(db: Db): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { space, id } = advisoryLocks.revocations;
    await sql`select pg_advisory_xact_lock(${sql.lit(space)}, ${sql.lit(id)})`.execute(trx);
    const { rows } = await sql<{ removed: number }>`
      with removed as (
        delete from auth.revocations where id in (
          select id from auth.revocations
          where created_at < now() - make_interval(days => ${revocationsKeptDays}::int)
          order by id limit ${batchSize}
        )
        returning id
      ), moved as (
        update auth.revocation_horizon
        set pruned_through = greatest(pruned_through, (select max(id) from removed))
        where exists (select from removed)
      )
      select count(*)::int as removed from removed`.execute(trx);
    return rows[0]?.removed ?? 0;
  });
}

async function untilFew(work: () => Promise<number>): Promise<void> {
  while ((await work()) >= batchSize);
}
