import { isPage } from "./waiting.ts";

/** What the tabs of a browser say to each other. */
export type TabNote =
  | { type: "renewed"; at: number }
  | { type: "signed-in" }
  | { type: "signed-out"; reason: string }
  | { type: "outbox" };

/** The other tabs of this browser that show the same server. Outside of pages there are none. */
export interface Tabs {
  /** This one's name. */
  id: string;
  post: (note: TabNote) => void;
  listen: (listener: (note: TabNote) => void) => void;
  /**
   * Runs while no other tab runs anything of that name; after 5 s of waiting all the same,
   * so that a tab that hangs can't stop the others. `hasWaited`: another one ran it just now.
   */
  exclusively: <T>(name: string, run: (hasWaited: boolean) => Promise<T>) => Promise<T>;
  /** Whether a tab is gone; one of which that can't be known counts as gone. */
  isGone: (id: string) => Promise<boolean>;
  /** Is no tab any more, until `open`: a page that is kept must hold nothing. */
  close: () => void;
  open: () => void;
}

const waitMs = 5_000;

export function createTabs(scope: string): Tabs {
  const id = randomId();
  const locks = isPage ? navigator.locks : undefined;
  const lockOf = (name: string) => `${scope} ${name}`;
  const listeners = new Set<(note: TabNote) => void>();
  let channel: BroadcastChannel | undefined;
  let letGo: (() => void) | undefined;

  return {
    id,
    post: (note) => channel?.postMessage(note),
    listen: (listener) => void listeners.add(listener),
    async exclusively(name, run) {
      if (!locks) return run(false);
      let isMine = false;
      const runOnce = (hasWaited: boolean) => {
        isMine = true;
        return run(hasWaited);
      };
      try {
        const atOnce = await locks.request(lockOf(name), { ifAvailable: true }, async (lock) =>
          lock ? { result: await runOnce(false) } : undefined,
        );
        if (atOnce) return atOnce.result;
        const signal = AbortSignal.timeout(waitMs);
        return await locks.request(lockOf(name), { signal }, () => runOnce(true));
      } catch (error) {
        // Waited too long, or the browser refuses locks as it does cookies.
        if (isMine) throw error;
        return run(false);
      }
    },
    // At worst two tabs send the same, which counts once.
    async isGone(other) {
      const known = await locks?.query().catch(() => undefined);
      return !known?.held?.some((it) => it.name === lockOf(other));
    },
    open() {
      if (!isPage || letGo) return;
      const isLetGo = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      locks?.request(lockOf(id), () => isLetGo).catch(() => undefined);
      if (typeof BroadcastChannel === "undefined") return;
      channel = new BroadcastChannel(scope);
      channel.onmessage = ({ data }: MessageEvent<TabNote>) => {
        for (const listener of listeners) listener(data);
      };
    },
    close() {
      letGo?.();
      letGo = undefined;
      channel?.close();
      channel = undefined;
    },
  };
}

/** 22 characters that nobody else has drawn; `randomUUID` isn't there on pages without TLS. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
