import type { Logger } from "#common/log.ts";
import { migrate, openPostgres } from "#common/postgres.ts";
import { isDatabaseLost, isDatabaseRefused } from "#common/postgres-errors.ts";
import { waitForDatabase } from "#common/wait-for-database.ts";
import { migrations } from "./migrations.ts";
import { type AuthDatabase, schema } from "./tables.ts";

/**
 * Brings the database up to date, and waits some 10 s for a server that isn't there yet.
 * @throws StartError where the server stays away or refuses
 */
export async function migrateDatabase(url: string, log: Logger): Promise<void> {
  // A pool of its own: building an index takes longer than a statement of a request may.
  await using postgres = openPostgres<AuthDatabase>(schema, {
    url,
    log,
    size: 2,
    statementTimeoutMs: 60_000,
  });
  const needed = {
    name: "PostgreSQL",
    setting: "DATABASE_URL",
    host: new URL(url).host || "its socket",
    open: () => migrate(postgres, schema, migrations),
    isRefused: isDatabaseRefused,
    isAway: isDatabaseLost,
  };
  await waitForDatabase(needed, log);
}
