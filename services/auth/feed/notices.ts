import { Client } from "pg";
import { budgets } from "#common/budgets.ts";
import { pause, withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import { prepareSession } from "#common/postgres-session.ts";
import { revocationsChannel } from "../db/tables.ts";

/** Wakes who waits for the database to change. It may wake for nothing, and is no promise. */
export interface Notices {
  /** Grows with each notice; taken before reading, nothing is missed between reading and waiting. */
  version: () => number;
  /** Waits until the version is another one, for `limitMs`, or until `signal`. */
  changed: (version: number, limitMs: number, signal: AbortSignal) => Promise<void>;
  close: () => Promise<void>;
}

const reconnectMs = { first: 50, most: 1_000 };

/** Listens on one connection of its own, and comes back by itself when that is lost. */
export function startNotices(url: string, log: Logger): Notices {
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  let version = 0;

  const wake = () => {
    version++;
    for (const done of [...waiting]) done();
  };
  const listen = async (onListening: () => void) => {
    const client = new Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: budgets.database.connect,
      application_name: "aetherconnect-auth-notices",
    });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const onClosing = () => resolve();
    client.on("error", (err) => {
      log.debug({ err }, "the connection for notices was lost");
      resolve();
    });
    client.on("end", onClosing);
    closing.signal.addEventListener("abort", onClosing);
    try {
      await client.connect();
      await prepareSession(client);
      client.on("notification", wake);
      await client.query(`listen ${revocationsChannel}`);
      onListening();
      // For what was notified while nobody listened.
      wake();
      await ended;
    } finally {
      closing.signal.removeEventListener("abort", onClosing);
      // A server that hangs doesn't say goodbye.
      const closed = client.end().catch(() => undefined);
      await withDeadline(closed, budgets.drain.notices, () => undefined);
    }
  };
  const run = async () => {
    let pauseMs = reconnectMs.first;
    while (!closing.signal.aborted) {
      await listen(() => {
        pauseMs = reconnectMs.first;
      }).catch((err: unknown) => log.debug({ err }, "no connection for notices"));
      if (closing.signal.aborted) return;
      await pause(pauseMs, closing.signal);
      pauseMs = Math.min(pauseMs * 2, reconnectMs.most);
    }
  };
  const running = run();

  return {
    version: () => version,
    changed(seen, limitMs, signal) {
      return new Promise((resolve) => {
        if (seen !== version || signal.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, limitMs);
        waiting.add(done);
        signal.addEventListener("abort", done);
      });
    },
    async close() {
      closing.abort();
      wake();
      await running;
    },
  };
}
