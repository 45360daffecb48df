import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientAddress, clientKeyOf, networkOf } from "#common/http/client-address.ts";
import { createHttpClient, type HttpClient } from "#tools/rig/http-client.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { registerUser } from "#tools/rig/users.ts";

const perMinute = 4;

/** A client behind a trusted proxy, at any address. */
const at = (address: string) => ({ headers: { "x-forwarded-for": address } });

function limited(changes: { redisUrl?: string } = {}): Promise<Platform> {
  return startPlatform({
    auth: { authRateLimitPerMinute: perMinute, ...changes },
    gateway: { trustedProxyHops: 1, ...changes },
  });
}

async function guess(client: HttpClient, body: object, address: string, times: number) {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) {
    const answer = await client.post(
      "/api/auth/login",
      { ...body, password: "a guess" },
      at(address),
    );
    statuses.push(answer.status);
  }
  return statuses;
}

const refusedAfter = (count: number, total: number) =>
  Array.from({ length: total }, (_, i) => (i < count ? 401 : 429));

describe("stuffing slows an account", () => {
  test("and never locks out who hasn't guessed, at home or elsewhere, nor after a restart of auth", async () => {
    await using platform = await limited();
    const user = await registerUser(platform);
    const login = { email: user.email, password: user.password };
    const home = "198.51.100.1";
    assert.equal((await platform.client().post("/api/auth/login", login, at(home))).status, 200);
    await platform.auth.stop();
    await platform.auth.start();
    const client = platform.client();
    let first: number[] = [];
    do first = await guess(client, { email: user.email }, "203.0.113.1", 1);
    while (first[0] === 503);
    const spent = await guess(client, { email: user.email }, "203.0.113.1", perMinute);
    assert.deepEqual([...first, ...spent], refusedAfter(perMinute, perMinute + 1));
    const refused = await client.post("/api/auth/login", login, at("203.0.113.1"));
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) <= 60);
    assert.equal((await client.post("/api/auth/login", login, at("203.0.113.9"))).status, 200);
    assert.equal((await platform.client().post("/api/auth/login", login, at(home))).status, 200);
    // A client's own guesses count as well.
    const own = await guess(client, { email: user.email }, home, perMinute);
    assert.equal(own.at(-1), 429);
  });

  test("a session's rotations, an account's password checks", async () => {
    await using platform = await limited();
    const user = await registerUser(platform);
    const change = { currentPassword: "not it at all", newPassword: "another good one" };
    const codes: number[] = [];
    for (let i = 0; i < perMinute + 1; i++) {
      codes.push((await user.client.post("/api/auth/password", change)).status);
    }
    assert.deepEqual(codes, refusedAfter(perMinute, perMinute + 1));
    const rotations: number[] = [];
    for (let i = 0; i < 31; i++) {
      rotations.push((await user.client.post("/api/auth/refresh")).status);
    }
    assert.deepEqual(rotations, [...Array(30).fill(200), 429]);
    assert.equal((await user.client.get("/api/auth/profile")).status, 200);
  });
});

test("forged tokens count by the client's address, and don't use up what its users have", async () => {
  await using platform = await startPlatform({ gateway: { rateLimitPerMinute: 10 } });
  const user = await registerUser(platform);
  const [head = "", body = ""] = (user.client.cookie("accessToken") ?? "").split(".");
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const signature = Buffer.alloc(64, i + 1).toString("base64url");
    const headers = { authorization: `Bearer ${head}.${body}.${signature}` };
    statuses.push((await platform.client().get("/api/rooms", { headers })).status);
  }
  // The registration was the first of the ten.
  assert.deepEqual(statuses, refusedAfter(9, 12));
  assert.equal((await user.client.get("/api/rooms")).status, 200);
});

describe("shared by Redis", () => {
  const title = "gateways and auth instances count together; without Redis each counts by itself";
  test(title, { skip: withoutRedis }, async () => {
    await using redis = await startRedis();
    await using way = await startTcpProxy(redis.url);
    await using platform = await limited({ redisUrl: way.url });
    await using otherAuth = await platform.startAuth();
    await using one = await platform.startGateway({ rateLimitPerMinute: 10 });
    await using two = await platform.startGateway({
      rateLimitPerMinute: 10,
      authUrl: otherAuth.rpcUrl,
    });
    const clients = [createHttpClient(one.url), createHttpClient(two.url)] as const;
    for (const client of clients) {
      while ((await client.get("/health")).body.dependencies.redis !== "up");
    }
    const body = { email: "nobody@example.com" };
    const statuses = [
      ...(await guess(clients[0], body, "203.0.113.1", 3)),
      ...(await guess(clients[1], body, "203.0.113.1", 3)),
    ];
    assert.deepEqual(statuses, refusedAfter(perMinute, 6));
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      const client = clients[i % 2] ?? clients[0];
      seen.push((await client.get("/api/rooms", at("203.0.113.5"))).status);
    }
    assert.deepEqual(seen, refusedAfter(10, 12));

    await redis.stop();
    while ((await clients[0].get("/health")).body.dependencies.redis !== "down");
    assert.equal((await clients[0].get("/health")).status, 200);
    assert.equal((await clients[0].get("/health")).body.status, "degraded");
    const alone = await guess(clients[0], { email: "other@example.com" }, "203.0.113.3", 6);
    assert.deepEqual(alone, refusedAfter(perMinute, 6));

    await redis.start();
    while ((await clients[0].get("/health")).body.dependencies.redis !== "up");
    way.freeze();
    const hung = await guess(clients[0], { email: "third@example.com" }, "203.0.113.4", 6);
    assert.deepEqual(hung, refusedAfter(perMinute, 6));
    way.restore();
  });
});

test("X-Forwarded-For is believed by setting, hop by hop, and only where it holds addresses", () => {
  const request = (header?: string) => ({
    socket: { remoteAddress: "192.0.2.1" },
    headers: header === undefined ? {} : { "x-forwarded-for": header },
  });
  // What is read of a request is no more than this.
  const of = (header: string | undefined, hops: number) =>
    clientAddress(request(header) as never, hops);
  assert.equal(of("198.51.100.1", 0), "192.0.2.1");
  assert.equal(of("198.51.100.1", 1), "198.51.100.1");
  assert.equal(of("203.0.113.66, 198.51.100.1", 1), "198.51.100.1");
  assert.equal(of("203.0.113.66, 198.51.100.1, 10.0.0.1", 2), "198.51.100.1");
  for (const header of [undefined, "", "nonsense", "198.51.100.1'", "x".repeat(10_000)]) {
    assert.equal(of(header, 1), "192.0.2.1");
  }
  for (const [header, address] of [
    ["203.0.113.7:50001", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["2001:DB8:0::0:1", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["[fe80::1%25eth0]:443", "fe80::1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["[::ffff:cb00:7107]:443", "203.0.113.7"],
    ['"[2001:db8::1]:443"', "2001:db8::1"],
    ["203.0.113.7:", "192.0.2.1"],
    ["[203.0.113.7", "192.0.2.1"],
    ["[]:443", "192.0.2.1"],
  ]) {
    assert.equal(of(header, 1), address, header);
  }
  // Came past a proxy: what there is was written by the client.
  assert.equal(of("203.0.113.66", 2), "192.0.2.1");
  assert.equal(clientKeyOf("2001:db8:1:2:3:4:5:6"), clientKeyOf("2001:db8:1:2::1"));
  assert.notEqual(clientKeyOf("2001:db8:1:3::1"), clientKeyOf("2001:db8:1:2::1"));
  assert.equal(clientKeyOf("2001:db8:1:2::1"), "2001:db8:1:2::/64");
  assert.equal(clientKeyOf("fe80::1:2%eth0"), "fe80::/64");
  assert.equal(clientKeyOf("::ffff:198.51.100.1"), "198.51.100.1");
  assert.equal(clientKeyOf("::ffff:c633:6401"), "198.51.100.1");
  assert.equal(clientKeyOf("unknown"), "unknown");
  assert.equal(networkOf("2001:db8:1:2fff::1", 56), "2001:db8:1:2f00::/56");
  assert.equal(networkOf("2001:db8:1:2fff::1", 48), "2001:db8:1::/48");
  assert.equal(networkOf("::ffff:198.51.100.1", 48), undefined);
  assert.equal(networkOf("198.51.100.1", 48), undefined);
});
