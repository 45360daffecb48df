/**
 * For what changes while it is read: what is done meanwhile is done again behind what was read,
 * which may be older.
 */
export interface Replay {
  /** Makes a function one whose calls are made again. */
  replayed: <A extends unknown[]>(change: (...args: A) => void) => (...args: A) => void;
  load: <T>(read: () => Promise<T>, take: (answer: T) => void) => Promise<void>;
  isLoading: () => boolean;
}

/** @param changed is called when loading begins and ends */
export function createReplay(changed: () => void): Replay {
  const loads = new Set<(() => void)[]>();
  return {
    replayed:
      (change) =>
      (...args) => {
        for (const meanwhile of loads) meanwhile.push(() => change(...args));
        change(...args);
      },
    async load(read, take) {
      const meanwhile: (() => void)[] = [];
      loads.add(meanwhile);
      changed();
      try {
        take(await read());
        for (const again of meanwhile) again();
      } finally {
        loads.delete(meanwhile);
        changed();
      }
    },
    isLoading: () => loads.size > 0,
  };
}
