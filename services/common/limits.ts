import { hash } from "node:crypto";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "#contract/errors.ts";
import { budgets } from "./budgets.ts";
import { openRedisCommands, type RedisPlace } from "./redis.ts";

/** Counts what happens to a key within a minute. */
export interface Counter {
  /** @throws AppError RATE_LIMITED where it is one too many */
  count: (key: string) => Promise<void>;
}

/** Makes counters, which instances share where there is Redis. */
export interface Counters {
  /** @param perMinute 0 = no limit */
  create: (name: string, perMinute: number) => Counter;
  /** Undefined where no Redis is configured. */
  isShared: (() => boolean) | undefined;
  close: () => void;
}

const durationSeconds = 60;

/**
 * Counters of this process, or with Redis of all. While Redis is away each process counts by
 * itself: a limit may then be reached later, and is never off.
 */
export async function createCounters(place: RedisPlace | undefined): Promise<Counters> {
  const redis = place && (await openRedisCommands(place.url, budgets.answer.sharedCounter));
  return {
    create(name, perMinute) {
      if (perMinute === 0) return unlimited;
      const own = new RateLimiterMemory({ points: perMinute, duration: durationSeconds });
      const limiter = redis
        ? new RateLimiterRedis({
            storeClient: redis,
            keyPrefix: `${place?.prefix}:limit:${name}`,
            points: perMinute,
            duration: durationSeconds,
            insuranceLimiter: own,
            rejectIfRedisNotReady: true,
          })
        : own;
      return {
        async count(key) {
          await limiter.consume(hashOf(key)).catch((thrown: unknown) => {
            throw thrown instanceof RateLimiterRes ? tooMany(thrown) : thrown;
          });
        },
      };
    },
    isShared: redis && (() => redis.status === "ready"),
    close: () => redis?.disconnect(),
  };
}

const unlimited: Counter = { count: async () => undefined };

/** Keys hold addresses and logins, of any length; Redis needn't know them. */
function hashOf(key: string): string {
  return hash("sha256", key, "base64url").slice(0, 22);
}

function tooMany({ msBeforeNext }: RateLimiterRes): AppError {
  return new AppError("RATE_LIMITED", {
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  });
}
