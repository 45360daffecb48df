import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "#common/errors.ts";

/** Counts what happens to a key within a minute. The one place that knows where counts live. */
export interface Counter {
  /** @throws AppError RATE_LIMITED where it is one too many */
  count: (key: string) => Promise<void>;
  /** Counts nothing. @throws AppError RATE_LIMITED where the next would be one too many */
  check: (key: string) => Promise<void>;
}

/** @param perMinute 0 = no limit */
export function createCounter(perMinute: number): Counter {
  if (perMinute === 0) return { count: async () => undefined, check: async () => undefined };
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return {
    async count(key) {
      await limiter.consume(key).catch((thrown: unknown) => {
        throw thrown instanceof RateLimiterRes ? tooMany(thrown) : thrown;
      });
    },
    async check(key) {
      const known = await limiter.get(key);
      if (known && known.consumedPoints >= perMinute) throw tooMany(known);
    },
  };
}

function tooMany({ msBeforeNext }: RateLimiterRes): AppError {
  return new AppError("RATE_LIMITED", {
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  });
}
