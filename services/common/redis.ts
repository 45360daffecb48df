import { createHmac } from "node:crypto";
import { Redis } from "ioredis";
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
  close: () => void;
}

const retryMs = { step: 100, most: 1_000 };
const commandTimeoutMs = 1_000;

const retryStrategy = (attempt: number) => Math.min(attempt * retryMs.step, retryMs.most);

/** A connection for commands alone. Connects in the background; never throws. */
export function openRedisCommands(url: string, timeoutMs = commandTimeoutMs): Redis {
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
export function openRedis(url: string, log: Logger): RedisConnections {
  const commands = openRedisCommands(url);
  // Without its queue, subscribing during an outage would be an unhandled rejection, and the
  // channel would stay silent for ever.
  const subscriptions = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  subscriptions.on("error", () => undefined);
  commands.on("ready", () => log.info("Redis is there"));
  commands.on("close", () => log.warn("Redis is away"));
  return {
    commands,
    subscriptions,
    isReady: () => commands.status === "ready" && subscriptions.status === "ready",
    close() {
      commands.disconnect();
      subscriptions.disconnect();
    },
  };
}
