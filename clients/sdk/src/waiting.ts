import { toChatError } from "./errors.ts";

/** Longer after each failure, up to half a minute, and never the same for all clients. */
export function backoffMs(failures: number): number {
  return Math.min(30_000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
}

/** Waits; not longer when the network comes back or the page is looked at, or at the end. */
export function wait(ms: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const isOver = new AbortController();
    const finish = () => {
      clearTimeout(timer);
      isOver.abort();
      resolve();
    };
    const timer = setTimeout(finish, ms);
    if (end.aborted) finish();
    else end.addEventListener("abort", finish, { signal: isOver.signal });
    onWake(finish, isOver.signal);
  });
}

/** Runs until it is done, as long as that is wanted. @throws what stays wrong */
export async function persist(
  run: () => Promise<unknown>,
  isWanted: () => boolean,
  end: AbortSignal,
): Promise<void> {
  for (let failures = 0; isWanted(); failures++) {
    try {
      return void (await run());
    } catch (thrown) {
      if (!isWanted()) return;
      if (!toChatError(thrown).isPassing) throw thrown;
      await wait(backoffMs(failures), end);
    }
  }
}

/** Calls back when there is reason to try again at once. */
export function onWake(listener: () => void, end: AbortSignal): void {
  onPage("online", listener, end);
  onPage("visibilitychange", () => document.hidden || listener(), end);
}

export const isPage = typeof document !== "undefined";

type PageEvent = "online" | "visibilitychange" | "pagehide" | "pageshow";

/** Listens to what a page goes through. Outside of pages nothing of that happens. */
export function onPage(event: PageEvent, listener: () => void, end: AbortSignal): void {
  if (!isPage) return;
  addEventListener(event, listener, { signal: end });
}

export function isHidden(): boolean {
  return isPage && document.hidden;
}
