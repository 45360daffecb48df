import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { createTestLog, noteSecret } from "#tools/rig/log.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { startServices } from "./harness/services.ts";

const password = "only-redis-knows-it";

/** How many subscribe to the channels of a Redis. */
async function subscribed(redis: Redis): Promise<number> {
  const channels = await redis.call("PUBSUB", "SHARDCHANNELS");
  assert.ok(Array.isArray(channels));
  return channels.length;
}

test("a Redis that refuses the password is said to, and is taken up when it doesn't any more", {
  skip: withoutRedis,
}, async (t) => {
  noteSecret(password);
  await using redis = await startRedis();
  const admin = new Redis(redis.url);
  t.after(() => admin.disconnect());
  await admin.config("SET", "requirepass", "another");
  const { host } = new URL(redis.url);
  using recording = createTestLog("message");
  const { log, text } = recording;
  // An unhandled rejection would fail the test, and in production print the password.
  await using services = await startServices({ redisUrl: `redis://:${password}@${host}` }, { log });
  const reasonSaid = () => /"reason":"WRONGPASS/.test(text());
  while (!reasonSaid()) await fetch(`${services.message.httpUrl}/health`);
  await admin.config("SET", "requirepass", password);
  while ((await subscribed(admin)) === 0);
  const said = text().split("Redis is away").length - 1;
  assert.ok(said <= 2, `${said} lines for one outage`);
});
