import { type Model, mongo, type Types } from "mongoose";
import { budgets } from "#common/budgets.ts";
import { pause, withDeadline } from "#common/deadline.ts";
import { AppError } from "#contract/errors.ts";
import { isConflict, isUncertain } from "./errors.ts";
import type { Mongo } from "./schema.ts";

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
 * @throws AppError UNAVAILABLE when the time is over; what else an attempt fails with
 */
export async function untilSettled<T>(
  attempt: (attempt: Attempt) => Promise<T | undefined>,
  limitMs: number = budgets.database.storeCall,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  const left = () => giveUpAt - performance.now();
  const check = () => {
    if (left() <= 0) throw new AppError("UNAVAILABLE");
  };
  let failure: unknown;
  for (let nth = 0; ; nth++) {
    try {
      const result = await withDeadline(attempt({ isRepeat: nth > 0, check }), left());
      if (result !== undefined) return result;
    } catch (error) {
      if (!isConflict(error) && !isUncertain(error)) throw error;
      failure = error;
    }
    const backoff = Math.random() * Math.min(pauseMs.first * 2 ** nth, pauseMs.longest);
    if (backoff >= left()) throw new AppError("UNAVAILABLE", { cause: failure });
    await pause(backoff);
  }
}

/** Answers how many are stored, and durable, before the first that conflicts. */
export async function insertInOrder<D>(model: Model<D>, documents: readonly D[]): Promise<number> {
  try {
    await model.insertMany([...documents], { ordered: true, lean: true });
    return documents.length;
  } catch (error) {
    const isCounted =
      error instanceof mongo.MongoBulkWriteError &&
      isConflict(error) &&
      error.result.getWriteConcernError() === undefined;
    if (isCounted) return error.result.insertedCount;
    throw error;
  }
}

/**
 * What is found was written by another, or by ourselves without an answer: it can be seen
 * before it is durable. The log has one order, so it is durable when a later write is.
 */
export async function barrier({ rooms }: Mongo, roomId: Types.ObjectId): Promise<void> {
  await rooms.updateOne({ _id: roomId }, { $inc: { barriers: 1 } });
}

/** Mutual exclusion by key, within this process. */
export interface Mutexes {
  /** Resolves once all of the keys are this caller's; disposing gives them back. */
  lock: (keys: Iterable<string>) => Promise<Disposable>;
}

export function createMutexes(): Mutexes {
  /** The last in each key's queue. */
  const last = new Map<string, Promise<void>>();
  return {
    // All queues are entered in one step, so that no two callers can wait for each other.
    async lock(keys) {
      const own = new Set(keys);
      const before = [...own].map((key) => last.get(key));
      const released = Promise.withResolvers<void>();
      for (const key of own) last.set(key, released.promise);
      await Promise.all(before);
      return {
        [Symbol.dispose]() {
          released.resolve();
          for (const key of own) if (last.get(key) === released.promise) last.delete(key);
        },
      };
    },
  };
}
