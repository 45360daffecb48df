import { AppError } from "#contract/errors.ts";

/** How long a caller waits for the database at most, milliseconds: a fault is told within 3 s. */
export const patienceMs = 2_300;

/** @throws AppError UNAVAILABLE where it takes longer; the work itself goes on */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  // By hand: with `Promise.race` each message would pay twice that.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AppError("UNAVAILABLE")), Math.max(ms, 0));
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
