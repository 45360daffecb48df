import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";

const perMinute = 2;
const hops = 2;

/** Each line is one client, as different proxies write it, and no two lines are the same client. */
const clients = [
  ["203.0.113.7", "203.0.113.7:50001", "::ffff:203.0.113.7", "[::ffff:cb00:7107]:443"],
  ["203.0.113.8:50001", "203.0.113.8:50002", "203.0.113.8", "203.0.113.8:1"],
  ["2001:db8:0:1::1", "[2001:db8:0:1::1]", "[2001:DB8:0:1::2]:443", "2001:db8:0:1:0::3"],
  ["[2001:db8:0:2::1]:443", "[2001:db8:0:2::1]:444", '"[2001:db8:0:2::1]:445"', "2001:db8:0:2::9"],
  ["fe80::1%eth0", "[fe80::1%eth0]:443", "[fe80::1]", "fe80::2%3"],
];

const limited = await shared(
  startPlatform({
    gateway: { trustedProxyHops: hops, rateLimitPerMinute: perMinute },
    message: { trustedProxyHops: hops, handshakesPerMinute: perMinute },
  }),
);
const attempts = await shared(
  startPlatform({
    gateway: { trustedProxyHops: hops },
    // Three times that per client.
    auth: { authRateLimitPerMinute: 1 },
  }),
);

/** Reaches Socket.IO, and leaves no session behind. */
const handshake = "/socket.io/?EIO=4&transport=none";
let accounts = 0;
const login = () => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ email: `nobody${accounts++}@example.com`, password: "a guess" }),
});

const counted = [
  ["the gateway's requests", `${limited.gatewayUrl}/api/rooms`, () => ({}), 401, perMinute],
  ["handshakes", `${limited.messageUrl}${handshake}`, () => ({}), 400, perMinute],
  ["attempts", `${attempts.gatewayUrl}/api/auth/login`, login, 401, 3],
] as const;

describe("behind proxies a client is one client, however it is written", () => {
  for (const [name, url, init, passed, most] of counted) {
    test(name, async () => {
      for (const forms of clients) {
        const statuses: number[] = [];
        for (const form of forms) {
          const { headers = {}, ...request }: RequestInit = init();
          // The first is what a client has made up, the last the proxy before ours.
          const chain = `198.51.100.1, ${form}, 10.0.0.1:80`;
          const answer = await fetch(url, {
            ...request,
            headers: { ...headers, "x-forwarded-for": chain },
          });
          statuses.push(answer.status);
          await answer.text();
        }
        assert.deepEqual(
          statuses,
          forms.map((_, i) => (i < most ? passed : 429)),
          forms[0],
        );
      }
    });
  }

  test("handshakes through the gateway count with those that come directly", async () => {
    const statuses: number[] = [];
    for (const base of [limited.gatewayUrl, limited.messageUrl, limited.gatewayUrl]) {
      const headers = { "x-forwarded-for": `[2001:db8:0:3::${statuses.length}]:50, 10.0.0.1` };
      statuses.push((await fetch(`${base}${handshake}`, { headers })).status);
    }
    assert.deepEqual(statuses, [400, 400, 429]);
  });
});
