/** Answers whether one more is allowed now. */
export type Limit = () => boolean;

/** A token bucket: `perSecond` sustained, `burst` at once; 0 a second = no limit. */
export function createTokenBucket(perSecond: number, burst: number): Limit {
  if (perSecond === 0) return () => true;
  let tokens = burst;
  let filledAt = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

/** Counts within a sliding window; answers whether `count` have come within `windowMs`. */
export function createBreachCounter(count: number, windowMs: number): () => boolean {
  const times: number[] = [];
  return () => {
    const now = performance.now();
    times.push(now);
    if (times.length > count) times.shift();
    return times.length === count && now - (times[0] ?? now) <= windowMs;
  };
}
