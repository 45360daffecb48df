import { AppError } from "#common/errors.ts";

export interface GroupCommitOptions<I, O> {
  /** Batches in flight at most; items of one key are always in the same lane. */
  lanes: number;
  keyOf: (item: I) => string;
  /** Bytes that an item takes, about. */
  sizeOf: (item: I) => number;
  /** Writes a batch; answers each item's result or failure, in the order given. */
  write: (items: I[]) => Promise<PromiseSettledResult<O>[]>;
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
/** More than this in one lane can't be written within the time that callers wait. */
const maxWaiting = 20_000;
const maxWaitMs = 2_500;

/**
 * While a batch is being written the next one gathers: under load batches grow, without it
 * nothing waits. There is no timer, which would only add its own time.
 */
export function createGroupCommit<I, O>(options: GroupCommitOptions<I, O>): GroupCommit<I, O> {
  const lanes = Array.from({ length: options.lanes }, () => ({
    waiting: [] as Waiting<I, O>[],
    isWriting: false,
  }));
  let depth = 0;

  const nextBatch = (waiting: Waiting<I, O>[]) => {
    let bytes = 0;
    let count = 0;
    for (const { item } of waiting) {
      bytes += options.sizeOf(item);
      if (count > 0 && (count === maxItems || bytes > maxBytes)) break;
      count++;
    }
    const batch: Waiting<I, O>[] = [];
    for (const one of waiting.splice(0, count)) {
      if (performance.now() - one.since <= maxWaitMs) batch.push(one);
      else one.reject(new AppError("UNAVAILABLE"));
    }
    return batch;
  };

  const drain = async (lane: (typeof lanes)[number]) => {
    lane.isWriting = true;
    while (lane.waiting.length > 0) {
      const batch = nextBatch(lane.waiting);
      if (batch.length === 0) continue;
      const results = await options.write(batch.map(({ item }) => item)).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
      for (const [i, { resolve, reject }] of batch.entries()) {
        const result = results?.[i];
        if (result?.status === "fulfilled") resolve(result.value);
        else if (result) reject(result.reason);
      }
    }
    lane.isWriting = false;
  };

  return {
    depth: () => depth,
    add(item) {
      const lane = lanes[hash(options.keyOf(item)) % lanes.length];
      if (!lane || lane.waiting.length >= maxWaiting) return Promise.reject(new AppError("BUSY"));
      depth++;
      const written = new Promise<O>((resolve, reject) => {
        lane.waiting.push({ item, since: performance.now(), resolve, reject });
      }).finally(() => {
        depth--;
      });
      // Begun a moment later, so that what is added in the same turn is in the first batch.
      if (!lane.isWriting) {
        lane.isWriting = true;
        queueMicrotask(() => drain(lane));
      }
      return written;
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}
