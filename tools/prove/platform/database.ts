import { setTimeout as pause } from "node:timers/promises";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";

/** The PostgreSQL of a run. */
export interface ProveDatabase extends AsyncDisposable {
  url: string;
  /** kill -9 of the postmaster; resolves when it takes connections again. Undefined: not ours. */
  crash: (() => Promise<void>) | undefined;
}

const restartLimitMs = 30_000;

/** @param url one that runs already; undefined: starts one, as durable as in production */
export async function openDatabase(
  dataDir: string,
  url: string | undefined,
): Promise<ProveDatabase> {
  if (url !== undefined) {
    return { url, crash: undefined, [Symbol.asyncDispose]: async () => {} };
  }
  const server = await startEmbeddedPostgres({ dataDir, port: 0 });
  return {
    url: server.url,
    async crash() {
      const { pid } = server;
      process.kill(pid, "SIGKILL");
      const giveUpAt = performance.now() + restartLimitMs;
      // Its supervisor, the one of npm start, starts it again.
      while (server.pid === pid) {
        if (performance.now() > giveUpAt) throw new Error("PostgreSQL did not come back");
        await pause(10);
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
