import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { redisPlaceOf } from "#common/redis.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { connectSocket, disconnected, type TestSocket } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const limits = {
  auth: { authRateLimitPerMinute: 100 },
  message: { handshakesPerMinute: 100, socketsPerUser: 3 },
  gateway: { rateLimitPerMinute: 100 },
};

/** What others than the clients of this connection can see in a Redis. */
async function namesIn(url: string): Promise<{ keys: string[]; channels: string[] }> {
  const redis = new Redis(url);
  const keys = await redis.keys("*");
  const channels = await redis.call("PUBSUB", "SHARDCHANNELS");
  redis.disconnect();
  assert.ok(Array.isArray(channels));
  return { keys, channels: channels.map(String) };
}

for (const [name, databases] of [
  ["two databases of one Redis", ["/1", "/2"]],
  ["one and the same", ["", ""]],
] as const) {
  test(`two platforms in ${name} never hear of each other`, { skip: withoutRedis }, async () => {
    await using redis = await startRedis();
    const start = (database: string) => {
      const own = { redisUrl: redis.url + database };
      return startPlatform({
        instances: 2,
        auth: { ...limits.auth, ...own },
        message: { ...limits.message, ...own },
        gateway: { ...limits.gateway, ...own },
      });
    };
    await using first = await start(databases[0]);
    await using second = await start(databases[1]);
    const sockets: TestSocket[][] = [];
    const users = [];
    for (const platform of [first, second]) {
      const user = await registerUser(platform);
      users.push(user);
      const own = [];
      for (let i = 0; i < 3; i++) {
        own.push(await connectSocket(platform.messageUrls[i % 2] ?? "", user));
      }
      sockets.push(own);
    }
    assert.equal(users[0]?.id, users[1]?.id);
    // Instances of one platform do: one socket too many on one ends the oldest on another.
    const [[oldest, ...others] = [], theirs = []] = sockets;
    assert.ok(oldest && users[0]);
    const closed = disconnected(oldest);
    const one = await connectSocket(first.messageUrls[1] ?? "", users[0]);
    assert.equal(await closed, "io server disconnect");
    for (const socket of [...others, one, ...theirs]) assert.ok(socket.connected);

    const seen = await Promise.all(databases.map((database) => namesIn(redis.url + database)));
    const names = seen.flatMap(({ keys, channels }) => [...keys, ...channels]);
    const prefixes = new Set(
      names.map((it) => /^aetherconnect:[\w-]{12}(?=:)/.exec(it)?.[0] ?? it),
    );
    assert.equal(prefixes.size, 2, [...prefixes].join(" "));
    for (const kind of ["limit:requests", "limit:handshakes", "limit:account", "socket.io#/#"]) {
      for (const prefix of prefixes) {
        assert.ok(
          names.some((it) => it.startsWith(`${prefix}:${kind}`)),
          `${prefix}:${kind}`,
        );
      }
    }
    for (const socket of sockets.flat()) socket.disconnect();
    one.disconnect();
  });
}

test("the prefix is the platform's own, is kept while the secret is replaced, and can be set", () => {
  const [old, next, url] = ["o".repeat(32), "n".repeat(32), "redis://127.0.0.1"];
  const prefixOf = (serviceSecrets: string[], redisUrl = url, redisPrefix?: string) =>
    redisPlaceOf({ redisUrl, redisPrefix, serviceSecrets })?.prefix;
  assert.equal(prefixOf([old]), prefixOf([old], "redis://ada:secret@[::1]:6379/0"));
  assert.equal(prefixOf([next, old]), prefixOf([old]));
  assert.notEqual(prefixOf([next]), prefixOf([old]));
  assert.equal(prefixOf([old], url, "chat:staging"), "chat:staging");
});
