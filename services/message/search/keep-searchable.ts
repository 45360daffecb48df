import type { Logger } from "#common/log.ts";
import { startPolling } from "../realtime/follower.ts";
import type { MessageStore } from "../store/store.ts";

/**
 * Between two steps others have their turn. What instances that have ended or versions before have
 * left to be indexed is looked for now and then.
 */
const pauseMs = { behind: 10, done: 500, everywhere: 300_000 };

/** Lets the index of words follow what is stored, step by step. */
export function keepSearchable(
  store: Pick<MessageStore, "makeSearchable">,
  log: Logger,
): Disposable {
  let isBehind = false;
  let everywhereAt = 0;
  return startPolling({
    pauseMs: () => (isBehind ? pauseMs.behind : pauseMs.done),
    async ask() {
      const isDue = performance.now() >= everywhereAt;
      isBehind = await store.makeSearchable(isDue ? "everywhere" : "here");
      if (isDue && !isBehind) everywhereAt = performance.now() + pauseMs.everywhere;
    },
    onFailure: (error) => log.warn({ err: error }, "messages were not made searchable"),
  });
}
