import { createHmac } from "node:crypto";
import type { Redis } from "ioredis";
import type { Logger } from "./log.ts";

/** Where Redis is, and what all of our keys and channels there begin with. */
export interface RedisPlace {
  url: string;
  prefix: string;
}

/**
 * Several platforms may use one Redis, and its channels know no databases. What makes services
 * one platform is their secret; while it is replaced, the old one, which all have, tells.
 */
export function redisPlaceOf(config: {
  redisUrl?: string | undefined;
  redisPrefix?: string | undefined;
  serviceSecrets: readonly string[];
}): RedisPlace | undefined {
  const { redisUrl: url, redisPrefix, serviceSecrets } = config;
  if (url === undefined) return undefined;
  const database = new URL(url).pathname.slice(1) || "0";
  const id = createHmac("sha256", serviceSecrets.at(-1) ?? "").update(`redis ${database}`);
  return { url, prefix: redisPrefix ?? `aetherconnect:${id.digest("base64url").slice(0, 12)}` };
}

/** Redis is only ever a help: what uses it goes on without it, and takes it up again. */
export interface RedisConnections {
  /** Fails at once while Redis is away: nothing is kept to be sent late. */
  commands: Redis;
  /** Keeps subscriptions through an outage. */
  subscriptions: Redis;
  isReady: () => boolean;
  /** Lets commands that are on their way be answered: else each would fail unheard. */
  close: () => Promise<void>;
}

const retryMs = { step: 100, most: 1_000 };
const commandTimeoutMs = 1_000;

const retryStrategy = (attempt: number) => Math.min(attempt * retryMs.step, retryMs.most);

/** Many megabytes, which a platform without Redis doesn't have to hold. */
const loadDriver = () => import("ioredis");

/** A connection for commands alone. Connects in the background; never throws. */
export async function openRedisCommands(url: string, timeoutMs = commandTimeoutMs): Promise<Redis> {
  const { Redis } = await loadDriver();
  const commands = new Redis(url, {
    retryStrategy,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: timeoutMs,
  });
  commands.on("error", () => undefined);
  return commands;
}

/** Connects in the background; never throws. */
export async function openRedis(url: string, log: Logger): Promise<RedisConnections> {
  const { Redis } = await loadDriver();
  const commands = await openRedisCommands(url);
  // Without its queue, subscribing during an outage would be an unhandled rejection, and the
  // channel would stay silent for ever.
  const subscriptions = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  subscriptions.on("error", () => undefined);
  reportOutages(commands, log);
  return {
    commands,
    subscriptions: Object.assign(subscriptions, { ssubscribe: insistent(subscriptions) }),
    isReady: () => commands.status === "ready" && subscriptions.status === "ready",
    async close() {
      subscriptions.disconnect();
      await commands.quit().catch(() => commands.disconnect());
    },
  };
}

/**
 * Subscribes in the end. A server that refuses our password throws away what waits in the queue,
 * and with it goes an error that shows the password.
 */
function insistent(redis: Redis): (channel: string) => Promise<unknown> {
  const subscribe = redis.ssubscribe.bind(redis);
  return async (channel) => {
    for (;;) {
      try {
        return await subscribe(channel);
      } catch {
        await new Promise((resolve) => redis.once("ready", resolve));
      }
    }
  };
}

/** Says once of each outage, and of each new reason, why Redis is away. */
function reportOutages(redis: Redis, log: Logger): void {
  let reason = "the connection was closed";
  let said: string | undefined;
  redis.on("error", (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  redis.on("ready", () => {
    said = undefined;
    log.info("Redis is there");
  });
  redis.on("close", () => {
    if (said !== reason) log.warn({ reason }, "Redis is away");
    said = reason;
  });
}
