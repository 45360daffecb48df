import { sql } from "kysely";
import { type Given, statement } from "#common/postgres.ts";
import { endSessions, lockSession, refreshLifetimeSeconds, type SessionTerms } from "./sessions.ts";
import type { Db } from "./tables.ts";

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

/** Puts a new refresh token in the place of a used one. */
export async function rotateRefreshToken(
  db: Db,
  { hash, nextHash, reuseWindowSeconds }: UsedToken,
): Promise<Rotation> {
  const [used] = await replaceToken(db, { hash, nextHash });
  if (!used) return { outcome: "unknown" };
  const { sessionId, userId, refreshExpiresAt, endsAt } = used;
  if (userId !== null && refreshExpiresAt !== null && endsAt !== null) {
    return { outcome: "rotated", session: { sessionId, userId, refreshExpiresAt, endsAt } };
  }
  // A statement of its own: the first has seen what was before it waited for another. No lock: a
  // token that doesn't go on never does so again.
  const [state] = await readState(db, { sessionId });
  if (!state) return { outcome: "unknown" };
  const isCurrent = state.refreshHash === hash;
  if (isCurrent && state.hasExpired) return { outcome: "unknown" };
  if (state.endedAt) return { outcome: "reused", endedSessionIds: [] };
  if (isCurrent) {
    const secondsLeft = Math.ceil(60 - state.secondsOfMinute);
    return { outcome: "limited", retryAfterSeconds: Math.max(1, secondsLeft) };
  }
  const isRace =
    state.previousHash === hash &&
    state.secondsSinceReplaced !== null &&
    state.secondsSinceReplaced < reuseWindowSeconds &&
    // With a window of 0 no second use is a race, even if the clock was set back.
    reuseWindowSeconds > 0;
  if (isRace) return { outcome: "race" };
  const endedSessionIds = await db
    .transaction()
    .execute(async (trx) => endSessions(trx, await lockSession(trx, { id: sessionId })));
  return { outcome: "reused", endedSessionIds };
}

interface UsedToken {
  hash: string;
  nextHash: string;
  reuseWindowSeconds: number;
}

const clock = sql<Date>`clock_timestamp()`;
/** The minute in which rotations are counted has passed, or none has begun. */
const isNewMinute = sql<boolean>`
  coalesce(rotations_since <= clock_timestamp() - interval '1 minute', true)`;

/**
 * Replaces a token if it is its session's current one and may go on. Answers the session that it
 * was issued for, with its terms where it was replaced. One statement: of several at once the
 * first locks the session, and the others look again when they have waited.
 */
const replaceToken = statement((db: Db, given: Given<Omit<UsedToken, "reuseWindowSeconds">>) =>
  db
    .with("used", (query) =>
      query.selectFrom("refreshTokens").select("sessionId").where("hash", "=", given("hash")),
    )
    .with("replaced", (query) =>
      query
        .updateTable("sessions")
        .set((eb) => ({
          previousHash: eb.ref("refreshHash"),
          refreshHash: given("nextHash"),
          replacedAt: clock,
          lastUsedAt: clock,
          refreshExpiresAt: sql<Date>`least(
            clock_timestamp() + make_interval(secs => ${sql.lit(refreshLifetimeSeconds)}), ends_at
          )`,
          rotations: sql<number>`case when ${isNewMinute} then 1 else rotations + 1 end`,
          rotationsSince: sql<Date>`case when ${isNewMinute} then ${clock} else rotations_since end`,
        }))
        .where("id", "=", (eb) => eb.selectFrom("used").select("sessionId"))
        .where("refreshHash", "=", given("hash"))
        .where("endedAt", "is", null)
        .where("refreshExpiresAt", ">", clock)
        .where((eb) => eb.or([eb("rotations", "<", sql.lit(maxRotationsPerMinute)), isNewMinute]))
        .returning(["id as sessionId", "userId", "refreshExpiresAt", "endsAt", "refreshHash"]),
    )
    .with("next", (query) =>
      query
        .insertInto("refreshTokens")
        .columns(["hash", "sessionId", "expiresAt"])
        .expression((eb) =>
          eb.selectFrom("replaced").select(["refreshHash", "sessionId", "refreshExpiresAt"]),
        ),
    )
    .selectFrom("used")
    .leftJoin("replaced", "replaced.sessionId", "used.sessionId")
    .select(["used.sessionId", "userId", "refreshExpiresAt", "endsAt"]),
);

/** How the session stands, by the database's clock. */
const readState = statement((db: Db, given: Given<{ sessionId: string }>) =>
  db
    .selectFrom("sessions")
    .select(["refreshHash", "previousHash", "endedAt"])
    .select([
      sql<boolean>`refresh_expires_at <= clock_timestamp()`.as("hasExpired"),
      sql<number | null>`date_part('epoch', clock_timestamp() - replaced_at)`.as(
        "secondsSinceReplaced",
      ),
      sql<number>`coalesce(date_part('epoch', clock_timestamp() - rotations_since), 60)`.as(
        "secondsOfMinute",
      ),
    ])
    .where("id", "=", given("sessionId")),
);
