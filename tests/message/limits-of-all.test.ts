import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { disconnected, next } from "#tools/rig/sockets.ts";
import { startServicesWithStandIn } from "./harness/services.ts";

async function setPair(limits: { socketsPerUser?: number; handshakesPerMinute?: number }) {
  const stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const services = stack.use(await startServicesWithStandIn({ redisUrl: redis.url, ...limits }));
  const another = await services.startAnother();
  for (const { httpUrl } of [services.message, another]) {
    while (!(await (await fetch(`${httpUrl}/health`)).text()).includes('"redis":"up"'));
  }
  return { services, another, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("limits of two instances together", { skip: withoutRedis }, () => {
  test("a user's oldest socket gives way, wherever it is", async () => {
    await using pair = await setPair({ socketsPerUser: 2 });
    const { services, another } = pair;
    const user = await services.auth.newUser();
    const far = { url: another.httpUrl };
    const sockets = [await services.connect(user), await services.connect(user, far)];
    for (const options of [far, far, {}, {}]) {
      const oldest = sockets.shift();
      assert.ok(oldest);
      const heard = next(oldest, "error");
      const closed = disconnected(oldest);
      sockets.push(await services.connect(user, options));
      assert.equal((await heard).code, "TOO_MANY_SOCKETS");
      assert.equal(await closed, "io server disconnect");
    }
    assert.ok(sockets.every((it) => it.connected));
  });

  test("handshakes of a client count wherever they come", async () => {
    await using pair = await setPair({ handshakesPerMinute: 3 });
    const { services, another } = pair;
    const token = await createServiceTokens("gateway", [services.serviceSecret]).issue("message");
    const shakeHands = async (base: string, address: string) => {
      const headers = { authorization: `Bearer ${token}`, "x-client-address": address };
      const url = `${base}/socket.io/?EIO=4&transport=polling`;
      return (await fetch(url, { headers })).status;
    };
    const near = services.message.httpUrl;
    const far = another.httpUrl;
    // Until both have found Redis each counts by itself.
    for (let n = 1, last = 200; last !== 429; n++) {
      assert.ok(n < 250, "instances share what they count");
      const address = `192.0.2.${n}`;
      for (const base of [near, far, near]) assert.equal(await shakeHands(base, address), 200);
      last = await shakeHands(far, address);
    }
  });
});
