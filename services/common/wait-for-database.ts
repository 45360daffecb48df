import { pause } from "./deadline.ts";
import { StartError } from "./lifecycle.ts";
import type { Logger } from "./log.ts";

/** A database that a service can't start without. */
export interface NeededDatabase<T> {
  name: string;
  /** The setting that says where it is. */
  setting: string;
  /** Where it is expected, for people; never with a password. */
  host: string;
  open: () => Promise<T>;
  /** Waiting won't help: a wrong password, or no such database. */
  isRefused: (error: unknown) => boolean;
  isAway: (error: unknown) => boolean;
}

const timeoutMs = 10_000;
const retryMs = 250;

/**
 * Opens a database, and waits some 10 s for one that isn't there yet.
 * @throws StartError where it stays away or refuses
 */
export async function waitForDatabase<T>(needed: NeededDatabase<T>, log: Logger): Promise<T> {
  const { name, setting, host, open, isRefused, isAway } = needed;
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (isRefused(error)) {
        throw new StartError(`${name} refuses the connection: check ${setting}`, { cause: error });
      }
      if (!isAway(error)) throw error;
      if (performance.now() > giveUpAt) {
        throw new StartError(`${name} doesn't answer at ${host}: start it, or check ${setting}`, {
          cause: error,
        });
      }
      log.debug({ err: error }, `${name} is not there yet`);
      await pause(retryMs);
    }
  }
}
