import { sql } from "kysely";
import { createGather } from "#common/gather.ts";
import { type Given, statement } from "#common/postgres.ts";
import { noteEndedSessions } from "./revocations.ts";
import type { Db, Trx } from "./tables.ts";
import { profileColumns } from "./users.ts";

/** A refresh token lives this long if it isn't used. */
export const refreshLifetimeSeconds = 7 * 24 * 60 * 60;

/** What the tokens of a session are made from. */
export interface SessionTerms {
  sessionId: string;
  userId: string;
  refreshExpiresAt: Date;
  endsAt: Date;
}

export interface NewSession {
  id: string;
  userId: string;
  /** Of the password that was judged. */
  passwordVersion: number;
  /** Where the user signs in from, see `clientKeyOf`; remembered as known. */
  client: string;
  device: string | null;
  refreshHash: string;
  maxDays: number;
}

/**
 * Starts a session, at the database's time; answers none if the user's password is no longer the
 * one that was judged. One statement, for a login's round trips are what it costs beside its
 * hash: where the password is being changed it waits, and looks again. A client that is known
 * is written down again once a day.
 */
export const insertSession = statement(
  (_db: Db, given: Given<NewSession>) => sql<SessionTerms>`
    with holder as (
      select id, ${given("client")}::text as client from auth.users
      where id = ${given("userId")}::bigint and password_version = ${given("passwordVersion")}::int
      for share
    ), known as (
      insert into auth.known_clients (user_id, client)
      select id, client from holder
      where not exists (
        select from auth.known_clients old
        where old.user_id = holder.id and old.client = holder.client
          and old.seen_at > now() - interval '1 day'
      )
      on conflict (user_id, client) do update set seen_at = now()
    ), session as (
      insert into auth.sessions (id, user_id, device, refresh_hash, ends_at, refresh_expires_at)
      select ${given("id")}::uuid, id, ${given("device")}::text, ${given("refreshHash")}::text,
        now() + make_interval(days => life.days),
        now() + least(make_interval(secs => ${sql.lit(refreshLifetimeSeconds)}), make_interval(days => life.days))
      from holder, (select ${given("maxDays")}::int as days) as life
      returning id as session_id, user_id, refresh_hash, refresh_expires_at, ends_at
    ), token as (
      insert into auth.refresh_tokens (hash, session_id, expires_at)
      select refresh_hash, session_id, refresh_expires_at from session
    )
    select session_id, user_id, refresh_expires_at, ends_at from session`,
);

const openSessions = (db: Db | Trx) =>
  db
    .selectFrom("sessions")
    .where("endedAt", "is", null)
    .where("refreshExpiresAt", ">", sql<Date>`now()`);

/** An open session and its user. */
export type OpenSession = Awaited<ReturnType<typeof listOpenSessionsById>>[number];

const listOpenSessionsById = statement((db: Db, given: Given<{ ids: string[] }>) =>
  openSessions(db)
    .innerJoin("users", "users.id", "sessions.userId")
    .select(["sessions.id as sessionId", "sessions.userId", "sessions.endsAt"])
    .select(profileColumns.map((column) => `users.${column}` as const))
    .where("sessions.id", "=", sql<string>`any(${given("ids")}::uuid[])`),
);

/** Finds a session that has neither ended nor expired. `sessionId` may be any text. */
export type FindOpenSession = (sessionId: string) => Promise<OpenSession | undefined>;

/** Sessions that are looked for in the same moment are read together. */
export function createSessionFinder(db: Db): FindOpenSession {
  const find = createGather({
    async ask(ids: string[]) {
      const rows = await listOpenSessionsById(db, { ids: [...new Set(ids)] });
      const found = new Map(rows.map((row) => [row.sessionId, row]));
      return (id) => found.get(id);
    },
  });
  return async (sessionId) => (isSessionId(sessionId) ? find(sessionId) : undefined);
}

/**
 * Answers a session if it is open, as it then stays until the transaction ends. Whoever locks other
 * sessions as well locks their user first, so that two can't wait for each other.
 */
export const holdOpenSession = statement((db: Db, given: Given<{ id: string }>) =>
  openSessions(db).select("id").where("id", "=", given("id")).forShare(),
);

/** More would be no list that anybody reads, and in the end none that can be sent. */
const mostListed = 1_000;

/** Open sessions of a user, the most recently used first. */
export const listOpenSessions = statement((db: Db, given: Given<{ userId: string }>) =>
  openSessions(db)
    .select(["id", "device", "createdAt", "lastUsedAt"])
    .where("userId", "=", given("userId"))
    .orderBy("lastUsedAt", "desc")
    .orderBy("id")
    .limit(mostListed),
);

/** In the order of their ids, so that two who end several can't wait for each other. */
const lockOpenSessions = (db: Db) => openSessions(db).select("id").orderBy("id").forUpdate();

/** All of a user but one, if one is named. */
export const lockSessionsOf = statement(
  (db: Db, given: Given<{ userId: string; exceptId: string | null }>) =>
    lockOpenSessions(db)
      .where("userId", "=", given("userId"))
      .where("id", "is distinct from", given("exceptId")),
);

export const lockSession = statement((db: Db, given: Given<{ id: string }>) =>
  lockOpenSessions(db).where("id", "=", given("id")),
);

/** One that has to be of a certain user. */
export const lockSessionOf = statement((db: Db, given: Given<{ id: string; userId: string }>) =>
  lockOpenSessions(db).where("id", "=", given("id")).where("userId", "=", given("userId")),
);

/** The one that goes on with a refresh token, or did until a moment ago. */
export const lockSessionByToken = statement((db: Db, given: Given<{ hash: string }>) =>
  lockOpenSessions(db)
    .where("id", "in", (eb) =>
      eb.selectFrom("refreshTokens").select("sessionId").where("hash", "=", given("hash")),
    )
    .where((eb) =>
      eb.or([eb("refreshHash", "=", given("hash")), eb("previousHash", "=", given("hash"))]),
    ),
);

const markEnded = statement((db: Db, given: Given<{ ids: string[] }>) =>
  db
    .updateTable("sessions")
    .set({ endedAt: sql<Date>`clock_timestamp()` })
    .where("id", "=", sql<string>`any(${given("ids")}::uuid[])`),
);

/** Ends sessions that the transaction has locked, and tells the feed. Answers which they were. */
export async function endSessions(trx: Trx, locked: readonly { id: string }[]): Promise<string[]> {
  const ids = locked.map((session) => session.id);
  if (ids.length === 0) return [];
  await markEnded(trx, { ids });
  await noteEndedSessions(trx, ids);
  return ids;
}

/** Whether a text can be a session's id. */
export function isSessionId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}
