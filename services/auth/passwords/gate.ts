import { AppError } from "#contract/errors.ts";

/** Lets few jobs run at once; the rest wait in a queue, but not for ever. */
export interface Gate {
  /**
   * Takes a place in the queue; the wait counts from here, whatever is done before the job.
   * @throws AppError BUSY where the queue is already much longer than can be served in time
   */
  enter: () => Place;
  waiting: () => number;
}

/** A place in the queue, given up by disposing. */
export interface Place extends Disposable {
  /**
   * Waits for what the job needs.
   * @throws AppError BUSY where other jobs run meanwhile, and it isn't there in time
   */
  inTime: <T>(preparing: Promise<T>) => Promise<T>;
  /** Moves it to the queue that is served first: see `run`. */
  goFirst: () => void;
  /** Runs `work` when a slot is free. @throws AppError BUSY where none is free in time */
  run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * So many times more than can be served in time may enter. Otherwise those who turn out to go
 * first would be refused because of a queue that they don't wait in.
 */
const roomForFirst = 2;
/** With each run the fastest one so far is trusted a little less. */
const doubt = 1.02;

export function createGate({ atOnce, maxWaitMs }: { atOnce: number; maxWaitMs: number }): Gate {
  const first: (() => void)[] = [];
  const rest: (() => void)[] = [];
  let running = 0;
  let places = 0;
  let fastestMs = 0;

  const leastWaitMs = (ahead: number) => (Math.max(0, ahead) * fastestMs) / atOnce;
  const slotUntil = (deadline: number, queue: (() => void)[]) => {
    if (running < atOnce) {
      running++;
      return Promise.resolve();
    }
    const ahead = first.length + (queue === first ? 0 : rest.length);
    const leftMs = Math.max(0, deadline - performance.now());
    if (leastWaitMs(ahead) > leftMs) return Promise.reject(new AppError("BUSY"));
    return new Promise<void>((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(start), 1);
        reject(new AppError("BUSY"));
      }, leftMs);
      queue.push(start);
    });
  };
  const leave = () => {
    const next = first.shift() ?? rest.shift();
    // The next takes the slot over, so that no newcomer gets in between.
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
      // A job that can't start in time, even if all goes well, is refused now and costs no more.
      if (leastWaitMs(places - atOnce) > roomForFirst * maxWaitMs) throw new AppError("BUSY");
      places++;
      let queue = rest;
      const deadline = performance.now() + maxWaitMs;
      return {
        async inTime(preparing) {
          const { promise: tooLate, reject } = Promise.withResolvers<never>();
          // Where no job runs it isn't the queue that is slow, and what is prepared will fail itself.
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
          await slotUntil(deadline, queue);
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
