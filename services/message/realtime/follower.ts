import { createGather } from "#common/gather.ts";
import { createStages, type Stage, type StagesOptions } from "./stage.ts";

export interface FollowerOptions<T> extends StagesOptions<T> {
  /** The last number of each key; keys that aren't there are left out. */
  positions: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Whether a socket here listens: a key of which none does is forgotten. */
  isHeard: (key: string) => boolean;
  /** Notifies other instances of how far a key has come. */
  announce: (key: string, number: number) => void;
}

/** A key that is followed on behalf of a socket which doesn't listen yet. */
export interface Following {
  /** Resolves when its position is known; false if there is no such key. */
  opened: Promise<boolean>;
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
  follow: (key: string) => Following;
  /** Everything of a key up to this number is out; undefined where its position isn't known. */
  position: (key: string) => number | undefined;
  /** Resolves when everything of a key up to this number is out; false if it isn't followed. */
  reached: (key: string, number: number) => Promise<boolean>;
  /**
   * The last number of a key that is out, once all that is known of is; 0 if the key isn't
   * followed, or its position isn't known.
   */
  caughtUp: (key: string) => Promise<number>;
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
  /** Undefined until the position is known. */
  stage: Stage<T> | undefined;
  /** Undefined from then on: idle keys are many. */
  opening: Opening<T> | undefined;
}

/** What comes of a key while its position is being read. */
interface Opening<T> {
  opened: Promise<boolean> | undefined;
  offered: T[];
  hinted: number;
  /** Whether a socket began to listen before the position was known. */
  isSkipped: boolean;
}

const positionsPerRead = 1_000;
const isOpen = Promise.resolve(true);

export function createFollower<T>(options: FollowerOptions<T>): Follower<T> {
  const { numberOf, onStuck, isHeard, announce } = options;
  const stages = createStages(options);
  const followed = new Map<string, Followed<T>>();
  const readPosition = createGather({
    async ask(keys: string[]) {
      const positions = await options.positions(keys);
      return (key) => positions.get(key);
    },
  });

  const open = async (key: string, state: Followed<T>, opening: Opening<T>) => {
    const position = await readPosition(key);
    if (position === undefined) return false;
    const stage = stages.open(key, position);
    state.stage = stage;
    state.opening = undefined;
    if (followed.get(key) !== state) stages.close(stage);
    stages.hint(stage, opening.hinted);
    for (const item of opening.offered) stages.offer(stage, item);
    if (opening.isSkipped) onStuck(key);
    return true;
  };
  const opened = (key: string, state: Followed<T>): Promise<boolean> => {
    const { opening } = state;
    if (!opening) return isOpen;
    opening.opened ??= open(key, state, opening).catch((error: unknown) => {
      opening.opened = undefined;
      throw error;
    });
    return opening.opened;
  };
  const newState = (): Followed<T> => ({
    pins: 0,
    stage: undefined,
    opening: { opened: undefined, offered: [], hinted: 0, isSkipped: false },
  });
  const prune = (key: string) => {
    const state = followed.get(key);
    if (!state || state.pins > 0 || isHeard(key)) return;
    followed.delete(key);
    if (state.stage) stages.close(state.stage);
  };

  return {
    prune,
    follow(key) {
      const state = followed.get(key) ?? newState();
      followed.set(key, state);
      state.pins++;
      return {
        opened: opened(key, state),
        skip() {
          if (state.opening) state.opening.isSkipped = true;
        },
        end() {
          state.pins--;
          prune(key);
        },
      };
    },
    position(key) {
      const stage = followed.get(key)?.stage;
      return stage && stages.position(stage);
    },
    async reached(key, number) {
      const stage = followed.get(key)?.stage;
      return stage ? stages.reached(stage, number) : false;
    },
    async caughtUp(key) {
      const stage = followed.get(key)?.stage;
      if (!stage) return 0;
      await stages.caughtUp(stage);
      return stages.position(stage);
    },
    offer(key, item) {
      announce(key, numberOf(item));
      const state = followed.get(key);
      if (state?.stage) stages.offer(state.stage, item);
      else state?.opening?.offered.push(item);
    },
    hint(key, number) {
      const state = followed.get(key);
      if (state?.stage) stages.hint(state.stage, number);
      else if (state?.opening) state.opening.hinted = Math.max(state.opening.hinted, number);
    },
    async poll() {
      const keys = [...followed.keys()];
      for (let i = 0; i < keys.length; i += positionsPerRead) {
        const part = keys.slice(i, i + positionsPerRead);
        for (const [key, number] of await options.positions(part)) {
          const state = followed.get(key);
          if (state?.stage) stages.hint(state.stage, number);
          else if (state) await opened(key, state);
        }
      }
    },
    [Symbol.dispose]() {
      for (const { stage } of followed.values()) if (stage) stages.close(stage);
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
