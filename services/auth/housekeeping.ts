import type { AuthContext } from "./context.ts";
import { endExpiredSessions, removeOld } from "./db/retention.ts";

/** Work that the clock asks for. */
export interface Housekeeping {
  close: () => Promise<void>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Ends what has expired each minute; removes what is old and renews keys each hour. */
export function startHousekeeping({
  db,
  keys,
  log,
}: Pick<AuthContext, "db" | "keys" | "log">): Housekeeping {
  const running = new Set<Promise<void>>();
  const each = (ms: number, job: string, work: () => Promise<unknown>) =>
    setInterval(() => {
      const run = work().then(
        () => undefined,
        (err: unknown) => log.warn({ err, job }, "housekeeping failed, and will be tried again"),
      );
      running.add(run);
      run.finally(() => running.delete(run));
    }, ms).unref();
  const timers = [
    each(minuteMs, "expiry", () => endExpiredSessions(db)),
    each(hourMs, "retention", () => removeOld(db)),
    each(hourMs, "keys", () => keys.renew()),
  ];
  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running);
    },
  };
}
