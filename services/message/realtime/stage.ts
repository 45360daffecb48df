import { budgets } from "#common/budgets.ts";

export interface StagesOptions<T> {
  /** Whether numbers may be missing for ever: what a read leaves out isn't waited for then. */
  hasGaps: boolean;
  numberOf: (item: T) => number;
  /** A log's items numbered `from` to `to`, both included, in order. */
  read: (key: string, from: number, to: number) => Promise<T[]>;
  release: (key: string, item: T) => void;
  /** A missing number could not be read: those who listen must resume from what they have. */
  onStuck: (key: string) => void;
  /** How long to try to read a missing number, milliseconds. */
  stuckAfterMs?: number;
}

/**
 * Where one log stands here. There is one for each user and room with a socket, so it is plain
 * data, and has room for what waits only while something does.
 */
export interface Stage<T> {
  readonly key: string;
  /** The number of the next item to release. */
  next: number;
  /** There are items up to this number. */
  known: number;
  ahead: Map<number, T> | undefined;
  waiters: Waiter[] | undefined;
  timer: NodeJS.Timeout | undefined;
  isReading: boolean;
  isClosed: boolean;
}

interface Waiter {
  number: number;
  resolve: (isReached: boolean) => void;
}

/** Let the items of numbered logs of one kind out in the order of their numbers, each once. */
export interface Stages<T> {
  /** A stage whose log is out up to this number. */
  open: (key: string, position: number) => Stage<T>;
  /** An item, from wherever: in order it goes out, ahead it waits, old it is dropped. */
  offer: (stage: Stage<T>, item: T) => void;
  /** There are items up to this number. */
  hint: (stage: Stage<T>, number: number) => void;
  /** Everything up to this number is out. */
  position: (stage: Stage<T>) => number;
  /** Resolves when everything up to this number is out; false if the stage closes before. */
  reached: (stage: Stage<T>, number: number) => Promise<boolean>;
  /** The same, for everything that is known to exist now. */
  caughtUp: (stage: Stage<T>) => Promise<boolean>;
  close: (stage: Stage<T>) => void;
}

/** Items often overtake each other by a moment; only a number that stays away is worth a read. */
const { missing: waitMs, retry: retryMs, stuck: defaultStuckAfterMs } = budgets.delivery;
const readSize = 200;
const maxAhead = 1_000;

export function createStages<T>(options: StagesOptions<T>): Stages<T> {
  const { hasGaps, numberOf, stuckAfterMs = defaultStuckAfterMs } = options;

  const release = (stage: Stage<T>, number: number, item: T) => {
    stage.ahead?.delete(number);
    if (stage.ahead?.size === 0) stage.ahead = undefined;
    stage.next = number + 1;
    options.release(stage.key, item);
  };
  const settle = (stage: Stage<T>) => {
    for (
      let item = stage.ahead?.get(stage.next);
      item !== undefined;
      item = stage.ahead?.get(stage.next)
    ) {
      release(stage, stage.next, item);
    }
    const { next, waiters } = stage;
    if (waiters) {
      const waiting = waiters.filter((it) => it.number >= next);
      stage.waiters = waiting.length > 0 ? waiting : undefined;
      for (const { number, resolve } of waiters) if (number < next) resolve(true);
    }
    if (stage.known >= stage.next) schedule(stage);
  };
  const schedule = (stage: Stage<T>) => {
    if (stage.timer || stage.isReading || stage.isClosed) return;
    stage.timer = setTimeout(readMissing, waitMs, stage);
  };
  const readOnce = async (stage: Stage<T>) => {
    const before = stage.next;
    const to = Math.min(stage.known, before + readSize - 1);
    const items = await options.read(stage.key, before, to);
    if (stage.isClosed) return false;
    for (const item of items) {
      const number = numberOf(item);
      // What was offered may say more than what was read.
      if (number >= stage.next && !stage.ahead?.has(number)) putAhead(stage, number, item);
    }
    while (hasGaps && stage.next <= to) {
      const item = stage.ahead?.get(stage.next);
      if (item === undefined) stage.next++;
      else release(stage, stage.next, item);
    }
    settle(stage);
    return stage.next > before;
  };
  const readMissing = async (stage: Stage<T>) => {
    stage.timer = undefined;
    stage.isReading = true;
    let progressAt = performance.now();
    while (stage.next <= stage.known && !stage.isClosed) {
      const hasMoved = await readOnce(stage).catch(() => false);
      if (hasMoved) progressAt = performance.now();
      else if (performance.now() - progressAt > stuckAfterMs) {
        if (!stage.isClosed) options.onStuck(stage.key);
        break;
      } else await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    stage.isReading = false;
  };
  const reached = (stage: Stage<T>, number: number): Promise<boolean> => {
    if (number < stage.next) return Promise.resolve(true);
    if (stage.isClosed) return Promise.resolve(false);
    const waiting = Promise.withResolvers<boolean>();
    stage.waiters ??= [];
    stage.waiters.push({ number, resolve: waiting.resolve });
    stage.known = Math.max(stage.known, number);
    settle(stage);
    return waiting.promise;
  };

  return {
    open: (key, position) => ({
      key,
      next: position + 1,
      known: position,
      ahead: undefined,
      waiters: undefined,
      timer: undefined,
      isReading: false,
      isClosed: false,
    }),
    offer(stage, item) {
      const number = numberOf(item);
      if (number < stage.next || stage.isClosed) return;
      stage.known = Math.max(stage.known, number);
      if (number === stage.next) release(stage, number, item);
      else if ((stage.ahead?.size ?? 0) < maxAhead) putAhead(stage, number, item);
      settle(stage);
    },
    hint(stage, number) {
      if (number <= stage.known) return;
      stage.known = number;
      settle(stage);
    },
    position: (stage) => stage.next - 1,
    reached,
    caughtUp: (stage) => reached(stage, stage.known),
    close(stage) {
      stage.isClosed = true;
      clearTimeout(stage.timer);
      const { waiters = [] } = stage;
      stage.waiters = undefined;
      for (const { resolve } of waiters) resolve(false);
    },
  };
}

function putAhead<T>(stage: Stage<T>, number: number, item: T): void {
  stage.ahead ??= new Map();
  stage.ahead.set(number, item);
}
