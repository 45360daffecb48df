import { AppError } from "#common/errors.ts";

/** Lets few at a time through; the rest wait in line, but not for ever. */
export interface Gate {
  /** Runs `work` when it is its turn. @throws AppError BUSY after the limit of waiting */
  run: <T>(work: () => Promise<T>) => Promise<T>;
  waiting: () => number;
}

export function createGate({ atOnce, maxWaitMs }: { atOnce: number; maxWaitMs: number }): Gate {
  const queue: (() => void)[] = [];
  let running = 0;

  const enter = () => {
    if (running < atOnce) {
      running++;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(turn), 1);
        reject(new AppError("BUSY"));
      }, maxWaitMs);
      queue.push(turn);
    });
  };
  const leave = () => {
    const next = queue.shift();
    // Who is next takes the place over, so nobody can slip in between.
    if (next) next();
    else running--;
  };

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    waiting: () => queue.length,
  };
}
