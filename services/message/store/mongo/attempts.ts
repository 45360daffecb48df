import { AppError } from "#contract/errors.ts";
import { patienceMs, within } from "../patience.ts";
import { isConflict, isUncertain, toStoreError } from "./errors.ts";

/** One of several attempts at the same. */
export interface Attempt {
  /** Whether an earlier one may have written something. */
  isRepeat: boolean;
  /** Throws where nobody waits any more: to be asked before each write. */
  check: () => void;
}

const pauseMs = { first: 10, longest: 200 };

/**
 * Runs attempts until one gives a result. After a conflict (undefined, or a broken unique
 * index) and after a failure whose outcome isn't known there is another one, a moment later:
 * it has to look first at what the earlier ones have done.
 * @throws AppError UNAVAILABLE when the time is over, INTERNAL
 */
export async function untilSettled<T>(
  attempt: (attempt: Attempt) => Promise<T | undefined>,
  limitMs = patienceMs,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  const left = () => giveUpAt - performance.now();
  const check = () => {
    if (left() <= 0) throw new AppError("UNAVAILABLE");
  };
  let failure: unknown;
  for (let nth = 0; ; nth++) {
    try {
      const result = await within(left(), attempt({ isRepeat: nth > 0, check }));
      if (result !== undefined) return result;
    } catch (error) {
      if (!isConflict(error) && !isUncertain(error)) throw toStoreError(error);
      failure = error;
    }
    const pause = Math.random() * Math.min(pauseMs.first * 2 ** nth, pauseMs.longest);
    if (pause >= left()) throw new AppError("UNAVAILABLE", { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
