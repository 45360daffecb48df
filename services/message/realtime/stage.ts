import { budgets } from "#common/budgets.ts";

export interface StageOptions<T> {
  /** The number of the first item to release. */
  next: number;
  /** Whether numbers may be missing for ever: what a read leaves out isn't waited for then. */
  hasGaps: boolean;
  numberOf: (item: T) => number;
  /** The items numbered `from` to `to`, both included, in order. */
  read: (from: number, to: number) => Promise<T[]>;
  release: (item: T) => void;
  /** A missing number could not be read: those who listen must resume from what they have. */
  onStuck: () => void;
  /** How long to try to read a missing number, milliseconds. */
  stuckAfterMs?: number;
}

/** Lets the items of one numbered log out in the order of their numbers, each once. */
export interface Stage<T> {
  /** An item, from wherever: in order it goes out, ahead it waits, old it is dropped. */
  offer: (item: T) => void;
  /** There are items up to this number. */
  hint: (number: number) => void;
  /** Everything up to this number is out. */
  position: () => number;
  /** Resolves when everything up to this number is out; false if the stage closes before. */
  reached: (number: number) => Promise<boolean>;
  /** The same, for everything that is known to exist now. */
  caughtUp: () => Promise<boolean>;
  close: () => void;
}

/** Items often overtake each other by a moment; only a number that stays away is worth a read. */
const { missing: waitMs, retry: retryMs, stuck: defaultStuckAfterMs } = budgets.delivery;
const readSize = 200;
const maxAhead = 1_000;

export function createStage<T>(options: StageOptions<T>): Stage<T> {
  const { hasGaps, numberOf, stuckAfterMs = defaultStuckAfterMs } = options;
  const ahead = new Map<number, T>();
  let waiters: { number: number; resolve: (isReached: boolean) => void }[] = [];
  let next = options.next;
  let known = next - 1;
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;
  let isClosed = false;

  const release = (number: number, item: T) => {
    ahead.delete(number);
    next = number + 1;
    options.release(item);
  };
  const settle = () => {
    for (let item = ahead.get(next); item !== undefined; item = ahead.get(next)) {
      release(next, item);
    }
    if (waiters.length > 0) {
      const reached = waiters.filter((it) => it.number < next);
      waiters = waiters.filter((it) => it.number >= next);
      for (const { resolve } of reached) resolve(true);
    }
    if (known >= next) schedule();
  };
  const schedule = () => {
    if (!timer && !isReading && !isClosed) timer = setTimeout(readMissing, waitMs);
  };
  const readOnce = async () => {
    const before = next;
    const to = Math.min(known, next + readSize - 1);
    const items = await options.read(next, to);
    if (isClosed) return false;
    for (const item of items) {
      const number = numberOf(item);
      // What was offered may say more than what was read.
      if (number >= next && !ahead.has(number)) ahead.set(number, item);
    }
    while (hasGaps && next <= to) {
      const item = ahead.get(next);
      if (item === undefined) next++;
      else release(next, item);
    }
    settle();
    return next > before;
  };
  const readMissing = async () => {
    timer = undefined;
    isReading = true;
    let progressAt = performance.now();
    while (next <= known && !isClosed) {
      const hasMoved = await readOnce().catch(() => false);
      if (hasMoved) progressAt = performance.now();
      else if (performance.now() - progressAt > stuckAfterMs) {
        if (!isClosed) options.onStuck();
        break;
      } else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    isReading = false;
  };
  const reached = (number: number): Promise<boolean> => {
    if (number < next) return Promise.resolve(true);
    if (isClosed) return Promise.resolve(false);
    const waiting = Promise.withResolvers<boolean>();
    waiters.push({ number, resolve: waiting.resolve });
    known = Math.max(known, number);
    settle();
    return waiting.promise;
  };

  return {
    offer(item) {
      const number = numberOf(item);
      if (number < next || isClosed) return;
      known = Math.max(known, number);
      if (number === next) release(number, item);
      else if (ahead.size < maxAhead) ahead.set(number, item);
      settle();
    },
    hint(number) {
      if (number <= known) return;
      known = number;
      settle();
    },
    position: () => next - 1,
    reached,
    caughtUp: () => reached(known),
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { resolve } of waiters) resolve(false);
      waiters = [];
    },
  };
}
