import { sql } from "kysely";
import { refreshLifetimeSeconds, type SessionTerms } from "./sessions.ts";
import type { Db, Trx, UserRow } from "./tables.ts";

export interface NewSession {
  id: string;
  /** Whose, by the password that was judged. */
  user: Pick<UserRow, "id" | "passwordVersion">;
  /** Where the user signs in from, see `clientKeyOf`; remembered as known. */
  client: string;
  device: string | null;
  refreshHash: string;
  maxDays: number;
}

/**
 * Starts a session, at the database's time; undefined if the user's password is no longer the
 * one that was judged. One statement, for a login's round trips are what it costs beside its
 * hash: where the password is being changed it waits, and looks again.
 */
export async function insertSession(
  db: Db | Trx,
  { id, user, client, device, refreshHash, maxDays }: NewSession,
): Promise<SessionTerms | undefined> {
  const { rows } = await sql<SessionTerms>`
    with holder as (
      select id from auth.users
      where id = ${user.id} and password_version = ${user.passwordVersion}
      for share
    ), known as (
      insert into auth.known_clients as known (user_id, client)
      select id, ${client}::text from holder
      on conflict (user_id, client) do update set seen_at = now()
      where known.seen_at < now() - interval '1 day'
    ), session as (
      insert into auth.sessions (id, user_id, device, refresh_hash, ends_at, refresh_expires_at)
      select ${id}::uuid, id, ${device}::text, ${refreshHash}::text,
        now() + make_interval(days => ${maxDays}::int),
        now() + least(
          make_interval(secs => ${refreshLifetimeSeconds}::int),
          make_interval(days => ${maxDays}::int)
        )
      from holder
      returning id, user_id, refresh_expires_at, ends_at
    ), token as (
      insert into auth.refresh_tokens (hash, session_id, expires_at)
      select ${refreshHash}::text, id, refresh_expires_at from session
    )
    select * from session`.execute(db);
  return rows[0];
}
