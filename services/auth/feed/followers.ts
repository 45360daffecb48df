import { withDeadline } from "#common/deadline.ts";

/** The streams of the feed that this instance serves. */
export interface Followers {
  /** Begins to count a stream, until it is disposed of. */
  join: () => Follower;
  /** Waits until each stream has sent what is committed by now, or for `limitMs`. */
  served: (limitMs: number) => Promise<void>;
}

export interface Follower extends Disposable {
  /** What was read from `startedAt` on has been sent. */
  sent: (startedAt: number) => void;
}

export function createFollowers(): Followers {
  const sentUpTo = new Map<Follower, number>();
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };

  return {
    join() {
      const follower: Follower = {
        sent(startedAt) {
          sentUpTo.set(follower, startedAt);
          wake();
        },
        [Symbol.dispose]() {
          sentUpTo.delete(follower);
          wake();
        },
      };
      // Its first reading begins later than whatever is committed by now.
      sentUpTo.set(follower, performance.now());
      return follower;
    },
    async served(limitMs) {
      const now = performance.now();
      const isServed = () => [...sentUpTo.values()].every((startedAt) => startedAt >= now);
      if (isServed()) return;
      const all = Promise.withResolvers<void>();
      const look = () => {
        if (isServed()) all.resolve();
      };
      waiting.add(look);
      await withDeadline(all.promise, limitMs, () => undefined);
      waiting.delete(look);
    },
  };
}
