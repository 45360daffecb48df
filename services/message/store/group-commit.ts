import { budgets } from "#common/budgets.ts";
import { AppError } from "#contract/errors.ts";

/** How items are gathered into batches. */
export interface Batching {
  /** Batches in flight at most; a key is never in two of them. */
  lanes: number;
  /** How long the last batch has to take before another starts beside it, milliseconds. */
  laneDelayMs: number;
  /** Whether a batch may have items of several keys. */
  isMixed: boolean;
}

export interface GroupCommitOptions<I, O> extends Batching {
  keyOf: (item: I) => string;
  /** Bytes that an item takes, about. */
  sizeOf: (item: I) => number;
  /**
   * Writes a batch; answers each item's result or failure, in the order given. An item that was
   * written although its batch failed has to be recognised when it is written again.
   */
  write: (items: I[]) => Promise<PromiseSettledResult<O>[]>;
  /** Whether a failure may be that of a single item: then each that has it is written by itself. */
  isFaultOfItem: (error: unknown) => boolean;
}

/** Writes items in batches. */
export interface GroupCommit<I, O> {
  /** Items added in an order are written in that order, if they have the same key. */
  add: (item: I) => Promise<O>;
  /** Items that wait or are being written. */
  depth: () => number;
}

interface Waiting<I, O> {
  item: I;
  since: number;
  resolve: (result: O) => void;
  reject: (error: unknown) => void;
}

const maxItems = 512;
const maxBytes = 2 * 1024 * 1024;
/** More than this can't be written within the time that callers wait. */
const maxWaiting = 20_000;

/**
 * While a batch is being written the next one gathers: under load batches grow, without it
 * nothing waits. No timer makes an item wait for company, which would only add its own time;
 * the one that there is lets others pass a batch that is stuck, in the lock of one room say.
 */
export function createGroupCommit<I, O>(options: GroupCommitOptions<I, O>): GroupCommit<I, O> {
  const { lanes, laneDelayMs, isMixed, keyOf, sizeOf, write, isFaultOfItem } = options;
  /** What waits, by key; the key that has waited longest comes first. */
  const queues = new Map<string, Waiting<I, O>[]>();
  const busy = new Set<string>();
  const startTimes = new Set<{ at: number }>();
  let depth = 0;
  let writing = 0;
  let isStarting = false;
  let isTimed = false;

  const takeBatch = () => {
    const batch: Waiting<I, O>[] = [];
    let bytes = 0;
    for (const [key, queue] of queues) {
      if (busy.has(key)) continue;
      let count = 0;
      for (const { item } of queue) {
        const total = batch.length + count;
        bytes += sizeOf(item);
        if (total > 0 && (total === maxItems || bytes > maxBytes)) break;
        count++;
      }
      batch.push(...queue.splice(0, count));
      const isFull = queue.length > 0;
      if (count > 0) queues.delete(key);
      if (count > 0 && isFull) queues.set(key, queue);
      if (isFull || !isMixed) break;
    }
    return batch;
  };
  const withoutExpired = (batch: Waiting<I, O>[]) =>
    batch.filter(({ since, reject }) => {
      const isExpired = performance.now() - since > budgets.database.appendQueue;
      if (isExpired) reject(new AppError("UNAVAILABLE"));
      return !isExpired;
    });

  const settle = (items: I[]): Promise<PromiseSettledResult<O>[]> =>
    write(items).catch((reason: unknown) => items.map(() => ({ status: "rejected", reason })));
  /** An item that can't be written must not fail its neighbours. */
  const writeAll = async (items: I[]) => {
    const results = await settle(items);
    if (items.length === 1) return results;
    for (const [i, item] of items.entries()) {
      const result = results[i];
      if (result?.status === "rejected" && isFaultOfItem(result.reason)) {
        const [again] = await settle([item]);
        if (again) results[i] = again;
      }
    }
    return results;
  };

  const run = async (batch: Waiting<I, O>[]) => {
    const keys = new Set(batch.map(({ item }) => keyOf(item)));
    const started = { at: performance.now() };
    for (const key of keys) busy.add(key);
    startTimes.add(started);
    writing += batch.length;
    const results = await writeAll(batch.map(({ item }) => item));
    for (const [i, { resolve, reject }] of batch.entries()) {
      const result = results[i];
      if (result?.status === "fulfilled") resolve(result.value);
      else reject(result?.reason ?? new AppError("INTERNAL"));
    }
    writing -= batch.length;
    startTimes.delete(started);
    for (const key of keys) busy.delete(key);
    start();
  };
  const start = () => {
    isStarting = false;
    while (startTimes.size < lanes && hasFreeKey()) {
      const youngest = Math.max(...[...startTimes].map(({ at }) => at));
      const left = youngest + laneDelayMs - performance.now();
      if (left > 0) {
        if (isTimed) return;
        isTimed = true;
        setTimeout(() => {
          isTimed = false;
          start();
        }, left).unref();
        return;
      }
      const batch = withoutExpired(takeBatch());
      if (batch.length > 0) run(batch);
    }
  };
  const hasFreeKey = () => {
    for (const key of queues.keys()) if (!busy.has(key)) return true;
    return false;
  };

  return {
    depth: () => depth,
    add(item) {
      if (depth - writing >= maxWaiting) return Promise.reject(new AppError("BUSY"));
      depth++;
      const written = new Promise<O>((resolve, reject) => {
        const waiting = { item, since: performance.now(), resolve, reject };
        const key = keyOf(item);
        const queue = queues.get(key);
        if (queue) queue.push(waiting);
        else queues.set(key, [waiting]);
      }).finally(() => {
        depth--;
      });
      // Begun a moment later, so that what is added in one turn of the event loop is in the first batch.
      if (!isStarting) {
        isStarting = true;
        queueMicrotask(start);
      }
      return written;
    },
  };
}
