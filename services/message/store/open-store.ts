import { setTimeout as pause } from "node:timers/promises";
import { StartError } from "#common/lifecycle.ts";
import type { Logger } from "#common/log.ts";
import { toStoreError } from "./postgres/errors.ts";
import { openPostgresStore } from "./postgres/store.ts";
import type { MessageStore } from "./store.ts";

const patienceMs = 10_000;
const retryMs = 250;

/**
 * Opens the store, and waits some 10 s for a database that isn't there yet. A store on
 * MongoDB is chosen here.
 * @throws StartError where the database stays away
 */
export async function openStore(
  { databaseUrl }: { databaseUrl: string },
  log: Logger,
): Promise<MessageStore> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await openPostgresStore(databaseUrl, log);
    } catch (error) {
      if (isRefused(error)) {
        throw new StartError("PostgreSQL refuses the connection: check DATABASE_URL", {
          cause: error,
        });
      }
      if (toStoreError(error).code !== "UNAVAILABLE") throw error;
      if (performance.now() > giveUpAt) {
        const { host } = new URL(databaseUrl);
        throw new StartError(
          `PostgreSQL doesn't answer at ${host}: start it, or check DATABASE_URL`,
          {
            cause: error,
          },
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
