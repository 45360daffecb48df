import { sql } from "kysely";
import {
  endSessions,
  findSessionIdByToken,
  insertRefreshToken,
  lockSession,
  refreshLifetimeSeconds,
  type SessionTerms,
} from "./sessions.ts";
import type { Db, Trx } from "./tables.ts";

/** Successful rotations of one session within a minute, at most. */
const maxRotationsPerMinute = 30;

/** What became of a refresh token. */
export type Rotation =
  | { outcome: "rotated"; session: SessionTerms }
  /** Never issued, or expired unused. */
  | { outcome: "unknown" }
  /** Used a moment ago by another tab. */
  | { outcome: "race" }
  /** Used before, or of a session that has ended; a session that was open ends by this. */
  | { outcome: "reused"; endedSessionIds: string[] }
  | { outcome: "limited"; retryAfterSeconds: number };

/**
 * Puts a new refresh token in the place of a used one. Answers what it found instead of
 * throwing: a throw in here would roll back the end of a thief's session.
 */
export async function rotateRefreshToken(
  db: Db,
  token: { hash: string; nextHash: string; reuseWindowSeconds: number },
): Promise<Rotation> {
  // Of fifty tabs most come when one has won already: what changes nothing needs no lock, and
  // they don't stand in line for it.
  const seen = await findSessionIdByToken(db, token.hash);
  if (!seen) return { outcome: "unknown" };
  const state = await readState(db, seen);
  const foregone = state && outcomeWithoutChange(state, token);
  if (foregone) return foregone;
  return db
    .transaction()
    .setIsolationLevel("read committed")
    .execute(async (trx): Promise<Rotation> => {
      const sessionId = await findSessionIdByToken(trx, token.hash);
      if (!sessionId) return { outcome: "unknown" };
      // First the lock, then a statement of its own: what was read while waiting is old.
      await lockSession(trx, sessionId);
      const found = await readState(trx, sessionId);
      if (!found) return { outcome: "unknown" };
      const unchanged = outcomeWithoutChange(found, token);
      if (unchanged) return unchanged;
      if (found.refreshHash !== token.hash) {
        return { outcome: "reused", endedSessionIds: await endSessions(trx, { id: sessionId }) };
      }
      if (found.rotations >= maxRotationsPerMinute && found.secondsOfMinute < 60) {
        return { outcome: "limited", retryAfterSeconds: Math.ceil(60 - found.secondsOfMinute) };
      }
      const session = await replaceToken(trx, sessionId, token.nextHash, found.secondsOfMinute);
      await insertRefreshToken(trx, token.nextHash, session);
      return { outcome: "rotated", session };
    });
}

type State = NonNullable<Awaited<ReturnType<typeof readState>>>;

interface UsedToken {
  hash: string;
  reuseWindowSeconds: number;
}

/** What becomes of a token that neither goes on nor ends anything. */
function outcomeWithoutChange(state: State, token: UsedToken): Rotation | undefined {
  if (state.refreshHash === token.hash && state.hasExpired) return { outcome: "unknown" };
  if (state.endedAt) return { outcome: "reused", endedSessionIds: [] };
  return isRace(state, token) ? { outcome: "race" } : undefined;
}

/** Whether the token was replaced a moment ago. */
function isRace(
  { previousHash, secondsSinceReplaced }: State,
  { hash, reuseWindowSeconds }: UsedToken,
): boolean {
  return (
    previousHash === hash &&
    secondsSinceReplaced !== null &&
    secondsSinceReplaced < reuseWindowSeconds &&
    // With a window of 0 no second use is a race, even if the clock was set back.
    reuseWindowSeconds > 0
  );
}

/** How the session stands, by the database's clock. */
function readState(db: Db | Trx, sessionId: string) {
  return db
    .selectFrom("sessions")
    .select(["refreshHash", "previousHash", "endedAt", "rotations"])
    .select([
      sql<boolean>`refresh_expires_at <= clock_timestamp()`.as("hasExpired"),
      sql<number | null>`extract(epoch from clock_timestamp() - replaced_at)::float8`.as(
        "secondsSinceReplaced",
      ),
      sql<number>`coalesce(extract(epoch from clock_timestamp() - rotations_since), 60)::float8`.as(
        "secondsOfMinute",
      ),
    ])
    .where("id", "=", sessionId)
    .executeTakeFirst();
}

function replaceToken(
  trx: Trx,
  sessionId: string,
  nextHash: string,
  secondsOfMinute: number,
): Promise<SessionTerms> {
  const clock = sql<Date>`clock_timestamp()`;
  const isNewMinute = secondsOfMinute >= 60;
  return trx
    .updateTable("sessions")
    .set((eb) => ({
      previousHash: eb.ref("refreshHash"),
      refreshHash: nextHash,
      replacedAt: clock,
      lastUsedAt: clock,
      refreshExpiresAt: sql<Date>`least(
        clock_timestamp() + make_interval(secs => ${refreshLifetimeSeconds}::int), ends_at
      )`,
      rotations: isNewMinute ? 1 : eb("rotations", "+", 1),
      ...(isNewMinute && { rotationsSince: clock }),
    }))
    .where("id", "=", sessionId)
    .returning(["id", "userId", "refreshExpiresAt", "endsAt"])
    .executeTakeFirstOrThrow();
}
