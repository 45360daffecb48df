/** Mutual exclusion by key, within this process. */
export interface Mutexes {
  /** Resolves once all of the keys are this caller's; disposing gives them back. */
  lock: (keys: Iterable<string>) => Promise<Disposable>;
}

export function createMutexes(): Mutexes {
  /** The last in each key's queue. */
  const last = new Map<string, Promise<void>>();
  return {
    // All queues are entered in one step, so that no two callers can wait for each other.
    async lock(keys) {
      const own = new Set(keys);
      const before = [...own].map((key) => last.get(key));
      const released = Promise.withResolvers<void>();
      for (const key of own) last.set(key, released.promise);
      await Promise.all(before);
      return {
        [Symbol.dispose]() {
          released.resolve();
          for (const key of own) if (last.get(key) === released.promise) last.delete(key);
        },
      };
    },
  };
}
