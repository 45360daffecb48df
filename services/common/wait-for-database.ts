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
  /** Why waiting won't help, such as a wrong password, which isn't in it; undefined if it may. */
  refusal: (error: unknown) => string | undefined;
  isAway: (error: unknown) => boolean;
}

const timeoutMs = 10_000;
const retryMs = 250;

/**
 * Opens a database, and waits some 10 s for one that isn't there yet.
 * @throws StartError where it stays away or refuses
 */
export async function waitForDatabase<T>(needed: NeededDatabase<T>, log: Logger): Promise<T> {
  const { name, setting, host, open, refusal, isAway } = needed;
  const giveUpAt = performance.now() + timeoutMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      const reason = refusal(error);
      if (reason !== undefined) {
        const text = `${name} refuses the connection (${reason}): check ${setting}`;
        throw new StartError(text, { cause: error });
      }
      if (!isAway(error)) throw error;
      if (performance.now() > giveUpAt) {
        throw new StartError(`${name} doesn't answer at ${host}: start it, or check ${setting}`, {
          cause: error,
        });
      }
      if (isFirst) log.warn(`${name} doesn't answer at ${host} yet: it is waited for`);
      await pause(retryMs);
    }
  }
}
