import { AppError } from "#contract/errors.ts";

/** Lets few at a time through; the rest wait in line, but not for ever. */
export interface Gate {
  /**
   * Takes a place in the line; the wait counts from here, whatever is done before the turn.
   * @throws AppError BUSY where the line is already much longer than can be served in time
   */
  enter: () => Place;
  waiting: () => number;
}

/** A place in the line, given up by disposing. */
export interface Place extends Disposable {
  /**
   * What must be there before the turn comes.
   * @throws AppError BUSY where others have their turns meanwhile, and it isn't there in time
   */
  inTime: <T>(preparing: Promise<T>) => Promise<T>;
  /** Lets it pass those who wait and haven't been let so: see `run`. */
  goFirst: () => void;
  /** Runs `work` when it is its turn. @throws AppError BUSY where that doesn't come in time */
  run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * So many times more than can be served in time may come in: who turns out to go first would
 * else be refused for a line that he doesn't stand in.
 */
const roomForFirst = 2;
/** What was fast once is believed a little less with each run. */
const doubt = 1.02;

export function createGate({ atOnce, maxWaitMs }: { atOnce: number; maxWaitMs: number }): Gate {
  const first: (() => void)[] = [];
  const rest: (() => void)[] = [];
  let running = 0;
  let places = 0;
  let fastestMs = 0;

  const leastWaitMs = (ahead: number) => (Math.max(0, ahead) * fastestMs) / atOnce;
  const turnUntil = (deadline: number, queue: (() => void)[]) => {
    if (running < atOnce) {
      running++;
      return Promise.resolve();
    }
    const ahead = first.length + (queue === first ? 0 : rest.length);
    const leftMs = Math.max(0, deadline - performance.now());
    if (leastWaitMs(ahead) > leftMs) return Promise.reject(new AppError("BUSY"));
    return new Promise<void>((resolve, reject) => {
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(turn), 1);
        reject(new AppError("BUSY"));
      }, leftMs);
      queue.push(turn);
    });
  };
  const leave = () => {
    const next = first.shift() ?? rest.shift();
    // Who is next takes the place over, so nobody can slip in between.
    if (next) next();
    else running--;
  };
  const runTimed = async <T>(work: () => Promise<T>) => {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const lastMs = performance.now() - startedAt;
      fastestMs = fastestMs === 0 ? lastMs : Math.min(lastMs, fastestMs * doubt);
    }
  };

  return {
    enter() {
      // Whose turn can't come in time, even if all goes well, is told now and costs no more.
      if (leastWaitMs(places - atOnce) > roomForFirst * maxWaitMs) throw new AppError("BUSY");
      places++;
      let queue = rest;
      const deadline = performance.now() + maxWaitMs;
      return {
        async inTime(preparing) {
          const { promise: tooLate, reject } = Promise.withResolvers<never>();
          // Where nobody has a turn it isn't the line that is slow, and who prepares will say why.
          const giveUp = () => running > 0 && reject(new AppError("BUSY"));
          const timer = setTimeout(giveUp, maxWaitMs);
          try {
            return await Promise.race([preparing, tooLate]);
          } finally {
            clearTimeout(timer);
          }
        },
        goFirst() {
          queue = first;
        },
        async run(work) {
          await turnUntil(deadline, queue);
          try {
            return await runTimed(work);
          } finally {
            leave();
          }
        },
        [Symbol.dispose]() {
          places--;
        },
      };
    },
    waiting: () => first.length + rest.length,
  };
}
