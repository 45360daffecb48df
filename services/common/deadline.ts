import { setTimeout as wait } from "node:timers/promises";
import { AppError } from "#contract/errors.ts";

/**
 * Waits for `work`, but no longer than `ms`; the work itself goes on.
 * @param onLate answers in its place; if it isn't given: @throws AppError UNAVAILABLE
 */
export function withDeadline<T, L = never>(
  work: PromiseLike<T>,
  ms: number,
  onLate: () => L = unavailable,
): Promise<T | L> {
  // Each message that is stored passes here, and `Promise.race` would cost twice as much.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        try {
          resolve(onLate());
        } catch (error) {
          reject(error);
        }
      },
      Math.max(ms, 0),
    );
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

function unavailable(): never {
  throw new AppError("UNAVAILABLE");
}

/** Waits, until `signal` at the longest; never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
