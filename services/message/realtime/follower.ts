import { createGather } from "../store/gather.ts";
import { createStage, type Stage } from "./stage.ts";

export interface FollowerOptions<T> {
  /** Whether numbers may be missing for ever. */
  hasGaps: boolean;
  numberOf: (item: T) => number;
  /** The last number of each key; keys that aren't there are left out. */
  positions: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** A key's items numbered `from` to `to`, both included, in order. */
  read: (key: string, from: number, to: number) => Promise<T[]>;
  release: (key: string, item: T) => void;
  /** Items may have been missed: those who listen must resume from what they have. */
  onStuck: (key: string) => void;
  /** Whether a socket here listens: a key of which none does is forgotten. */
  isHeard: (key: string) => boolean;
  /** Notifies other instances of how far a key has come. */
  announce: (key: string, number: number) => void;
}

/** A key that is followed on behalf of a socket which doesn't listen yet. */
export interface Following<T> {
  /** Resolves when its position is known; undefined if there is no such key. */
  opened: Promise<Stage<T> | undefined>;
  /** The socket doesn't wait for that any longer, and has to resume when it is known. */
  skip: () => void;
  /** The socket listens now, or never will. */
  end: () => void;
}

/**
 * Follows numbered logs of one kind, of which there is one for each key: each from where it
 * stands when the first socket here begins to listen.
 */
export interface Follower<T> extends Disposable {
  follow: (key: string) => Following<T>;
  /** The stage of a key that is followed, once its position is known. */
  stageOf: (key: string) => Stage<T> | undefined;
  /** An item that this instance has just stored. */
  offer: (key: string, item: T) => void;
  /** There are items up to this number. */
  hint: (key: string, number: number) => void;
  /** Asks the store what other instances have done: found so, hints or not. */
  poll: () => Promise<void>;
  /** A socket doesn't listen any more: forgets the key if none does. */
  prune: (key: string) => void;
}

interface Followed<T> {
  /** Sockets that don't listen yet. */
  pins: number;
  stage: Stage<T> | undefined;
  opening: Promise<Stage<T> | undefined> | undefined;
  /** Offers and the highest hint of the time when the position was being read. */
  early: T[];
  hinted: number;
  /** Whether a socket began to listen before the position was known. */
  isSkipped: boolean;
}

const positionsPerRead = 1_000;

export function createFollower<T>(options: FollowerOptions<T>): Follower<T> {
  const { hasGaps, numberOf, read, release, onStuck, isHeard, announce } = options;
  const followed = new Map<string, Followed<T>>();
  const readPositions = createGather({
    keyOf: (_key: string) => "all",
    ask: options.positions,
  });

  const open = async (key: string, state: Followed<T>) => {
    const position = (await readPositions(key)).get(key);
    if (position === undefined) return undefined;
    const stage = createStage<T>({
      next: position + 1,
      hasGaps,
      numberOf,
      read: (from, to) => read(key, from, to),
      release: (item) => release(key, item),
      onStuck: () => onStuck(key),
    });
    state.stage = stage;
    if (followed.get(key) !== state) stage.close();
    stage.hint(state.hinted);
    for (const item of state.early.splice(0)) stage.offer(item);
    if (state.isSkipped) onStuck(key);
    state.isSkipped = false;
    return stage;
  };
  const opened = (key: string, state: Followed<T>) => {
    state.opening ??= open(key, state).catch((error: unknown) => {
      state.opening = undefined;
      throw error;
    });
    return state.opening;
  };
  const prune = (key: string) => {
    const state = followed.get(key);
    if (!state || state.pins > 0 || isHeard(key)) return;
    followed.delete(key);
    state.stage?.close();
  };

  return {
    prune,
    follow(key) {
      const state = followed.get(key) ?? {
        pins: 0,
        stage: undefined,
        opening: undefined,
        early: [],
        hinted: 0,
        isSkipped: false,
      };
      followed.set(key, state);
      state.pins++;
      return {
        opened: opened(key, state),
        skip() {
          state.isSkipped = true;
        },
        end() {
          state.pins--;
          prune(key);
        },
      };
    },
    stageOf: (key) => followed.get(key)?.stage,
    offer(key, item) {
      announce(key, numberOf(item));
      const state = followed.get(key);
      if (state?.stage) state.stage.offer(item);
      else state?.early.push(item);
    },
    hint(key, number) {
      const state = followed.get(key);
      if (state?.stage) state.stage.hint(number);
      else if (state) state.hinted = Math.max(state.hinted, number);
    },
    async poll() {
      const keys = [...followed.keys()];
      for (let i = 0; i < keys.length; i += positionsPerRead) {
        const part = keys.slice(i, i + positionsPerRead);
        for (const [key, number] of await options.positions(part)) {
          const state = followed.get(key);
          if (state?.stage) state.stage.hint(number);
          else if (state) await opened(key, state);
        }
      }
    },
    [Symbol.dispose]() {
      for (const { stage } of followed.values()) stage?.close();
      followed.clear();
    },
  };
}

export interface PollingOptions {
  /** The pause before each time, milliseconds. */
  pauseMs: () => number;
  ask: () => Promise<unknown>;
  onFailure: (error: unknown) => void;
}

/** Asks again and again, whether it fails or not, until it is disposed of. */
export function startPolling({ pauseMs, ask, onFailure }: PollingOptions): Disposable {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(async () => {
      await ask().catch(onFailure);
      if (!isStopped) wait();
    }, pauseMs());
  };
  wait();
  return {
    [Symbol.dispose]() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
