import { setTimeout as pause } from "node:timers/promises";
import { StartError } from "#common/lifecycle.ts";
import type { Logger } from "#common/log.ts";
import { migrate, openPostgres } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { migrations } from "./migrations.ts";
import { type AuthDatabase, schema } from "./tables.ts";

const patienceMs = 10_000;
const retryMs = 250;

/**
 * Brings the database up to date, and waits some 10 s for a server that isn't there yet.
 * @throws StartError where the server stays away or won't have us
 */
export async function migrateDatabase(url: string, log: Logger): Promise<void> {
  // A pool of its own: building an index takes longer than a statement of a request may.
  await using postgres = openPostgres<AuthDatabase>(schema, {
    url,
    log,
    size: 2,
    statementTimeoutMs: 60_000,
  });
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await migrate(postgres, schema, migrations);
    } catch (error) {
      if (isRefused(error)) {
        throw new StartError(`PostgreSQL refuses the connection: check DATABASE_URL`, {
          cause: error,
        });
      }
      if (!isDatabaseLost(error)) throw error;
      if (performance.now() > giveUpAt) {
        throw new StartError(
          `PostgreSQL doesn't answer at ${hostOf(url)}: start it, or check DATABASE_URL`,
          { cause: error },
        );
      }
      log.debug({ err: error }, "PostgreSQL is not there yet");
      await pause(retryMs);
    }
  }
}

/** Wrong user or password, or no such database: waiting won't help. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(28|3D)/.test(String(error.code));
}

function hostOf(url: string): string {
  return new URL(url).host || "its socket";
}
