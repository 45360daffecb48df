import { sql } from "kysely";
import { noteEndedSessions } from "./revocations.ts";
import type { Db, SessionRow, Trx, UserRow } from "./tables.ts";

/** A refresh token lives this long if it isn't used. */
export const refreshLifetimeSeconds = 7 * 24 * 60 * 60;

/** What the tokens of a session are made from. */
export interface SessionTerms {
  id: string;
  userId: string;
  refreshExpiresAt: Date;
  endsAt: Date;
}

const termColumns = ["id", "userId", "refreshExpiresAt", "endsAt"] as const;

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

export async function insertRefreshToken(
  trx: Trx,
  hash: string,
  session: Pick<SessionTerms, "id" | "refreshExpiresAt">,
): Promise<void> {
  await trx
    .insertInto("refreshTokens")
    .values({ hash, sessionId: session.id, expiresAt: session.refreshExpiresAt })
    .execute();
}

/** Keeps other transactions from using, rotating or ending the session until this one ends. */
export async function lockSession(trx: Trx, sessionId: string): Promise<void> {
  await trx
    .selectFrom("sessions")
    .select("id")
    .where("id", "=", sessionId)
    .forUpdate()
    .executeTakeFirst();
}

const openSessions = (db: Db | Trx) =>
  db
    .selectFrom("sessions")
    .where("endedAt", "is", null)
    .where("refreshExpiresAt", ">", sql<Date>`now()`);

/** The session if it has neither ended nor expired. `sessionId` may be any text. */
export async function findOpenSession(
  db: Db,
  sessionId: string,
): Promise<SessionTerms | undefined> {
  if (!isSessionId(sessionId)) return undefined;
  return openSessions(db).select(termColumns).where("id", "=", sessionId).executeTakeFirst();
}

/**
 * Whether a session is open, as it then stays until the transaction ends. Whoever locks other
 * sessions as well locks their user first, so that two can't wait for each other.
 */
export async function holdOpenSession(trx: Trx, sessionId: string): Promise<boolean> {
  const row = await openSessions(trx)
    .select("id")
    .where("id", "=", sessionId)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

type ListedRow = Pick<SessionRow, "id" | "device" | "createdAt" | "lastUsedAt">;

/** More would be no list that anybody reads, and in the end none that can be sent. */
const mostListed = 1_000;

/** Open sessions of a user, the most recently used first. */
export function listOpenSessions(db: Db, userId: string): Promise<ListedRow[]> {
  return openSessions(db)
    .select(["id", "device", "createdAt", "lastUsedAt"])
    .where("userId", "=", userId)
    .orderBy("lastUsedAt", "desc")
    .orderBy("id")
    .limit(mostListed)
    .execute();
}

/** The session that a refresh token was ever issued for. */
export async function findSessionIdByToken(db: Db | Trx, hash: string) {
  const row = await db
    .selectFrom("refreshTokens")
    .select("sessionId")
    .where("hash", "=", hash)
    .executeTakeFirst();
  return row?.sessionId;
}

/**
 * Ends the open ones of the sessions that `where` says, and tells the feed. Answers which
 * they were. Rows are locked in the order of their ids, so that two who end several can't
 * wait for each other.
 */
export async function endSessions(
  trx: Trx,
  where:
    | { id: string; userId?: string }
    | { userId: string; exceptId?: string }
    | { tokenHash: string },
): Promise<string[]> {
  let query = openSessions(trx).select("id").orderBy("id").forUpdate();
  if ("tokenHash" in where) {
    query = query.where((eb) =>
      eb.or([eb("refreshHash", "=", where.tokenHash), eb("previousHash", "=", where.tokenHash)]),
    );
    const sessionId = await findSessionIdByToken(trx, where.tokenHash);
    if (!sessionId) return [];
    query = query.where("id", "=", sessionId);
  }
  if ("id" in where) query = query.where("id", "=", where.id);
  if ("userId" in where && where.userId) query = query.where("userId", "=", where.userId);
  if ("exceptId" in where && where.exceptId) query = query.where("id", "!=", where.exceptId);
  const ids = (await query.execute()).map((row) => row.id);
  if (ids.length === 0) return [];
  await trx
    .updateTable("sessions")
    .set({ endedAt: sql<Date>`clock_timestamp()` })
    .where("id", "=", sql<string>`any(${ids}::uuid[])`)
    .execute();
  await noteEndedSessions(trx, ids);
  return ids;
}

/** Whether a text can be a session's id. */
export function isSessionId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}
