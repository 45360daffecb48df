import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { forgeries } from "#tools/rig/forgeries/forgeries.ts";
import { base64url } from "#tools/rig/forgeries/genuine-key.ts";
import { stealMaterial } from "#tools/rig/forgeries/steal-material.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { portOf } from "#tools/rig/ports.ts";
import { shared } from "#tools/rig/shared.ts";
import { newSocket } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
let keyServerCalls = 0;
const keyServer = await shared(
  createServer((_req, res) => {
    keyServerCalls++;
    res.end("{}");
  }).listen(0, "127.0.0.1"),
);
await once(keyServer, "listening");
const keyServerUrl = `http://127.0.0.1:${portOf(keyServer)}`;
const { access, ws } = await stealMaterial(platform, user, keyServerUrl);

const unauthorized = new Set(["UNAUTHENTICATED", "TOKEN_EXPIRED"]);

describe("no forgery passes", () => {
  test("there are more than forty kinds, each another text", () => {
    const all = forgeries(access);
    assert.ok(all.size >= 100, `${all.size} kinds`);
    assert.equal(new Set(all.values()).size, all.size);
  });

  test("REST, by header", async () => {
    const own = await user.client.get("/api/auth/profile", bearer(access.token));
    assert.equal(own.status, 200);
    const passed: string[] = [];
    for (const [name, token] of forgeries(access)) {
      const { status, body } = await platform.client().get("/api/auth/profile", bearer(token));
      const isRefused = unauthorized.has(body.code) && body.message === "Unauthorized";
      if (status !== 401 || !isRefused) passed.push(`${name}: ${status}`);
    }
    assert.deepEqual(passed, []);
  });

  test("REST, by cookie", async () => {
    const passed: string[] = [];
    for (const [name, token] of forgeries(access)) {
      const { status, setCookies } = await platform.client().get("/api/rooms", {
        headers: { cookie: `accessToken=${token}` },
        withoutCookies: true,
      });
      if (status !== 401 || setCookies.length > 0) passed.push(`${name}: ${status}`);
    }
    assert.deepEqual(passed, []);
  });

  for (const [door, url] of [
    ["AuthService/GetProfile", () => `${platform.authRpcUrl}/aetherconnect.auth.v1.`],
    ["RoomService/ListRooms", () => `${platform.messageRpcUrl}/aetherconnect.message.v1.`],
  ] as const) {
    test(`RPC, ${door}`, async () => {
      assert.equal((await call(`${url()}${door}`, access.token)).status, 200);
      const passed: string[] = [];
      for (const [name, token] of forgeries(access)) {
        const { status, code } = await call(`${url()}${door}`, token);
        if (status !== 401 || code !== "unauthenticated") passed.push(`${name}: ${status} ${code}`);
      }
      assert.deepEqual(passed, []);
    });
  }

  test("sockets", async () => {
    assert.equal(await knock(ws.token), "connected");
    const all = [...forgeries(ws), ["a number", 5], ["an object", { $ne: null }], ["nothing", ""]];
    const outcomes = await Promise.all(
      all.map(async ([name, token]) => ({ name, outcome: await knock(token) })),
    );
    assert.deepEqual(
      outcomes.filter(({ outcome }) => !unauthorized.has(outcome)),
      [],
    );
  });

  test("nobody asked the forger's key server", () => assert.equal(keyServerCalls, 0));
});

describe("service tokens", () => {
  const path = "aetherconnect.auth.v1.AuthService/CheckSession";
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: "gateway", aud: "auth", iat: now, exp: now + 60, jti: randomUUID() };
  const signed = (secret: string, header: object, payload: object) => {
    const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const header = { alg: "HS256", typ: "svc+jwt" };

  test("a genuine one passes", async () => {
    const { status } = await call(
      `${platform.authRpcUrl}/${path}`,
      signed(platform.serviceSecret, header, good),
    );
    assert.equal(status, 200);
  });

  test("no forgery does", async () => {
    const secret = platform.serviceSecret;
    const forged: Record<string, string> = {
      "another secret": signed("x".repeat(32), header, good),
      "the empty secret": signed("", header, good),
      "half the secret": signed(secret.slice(0, 32), header, good),
      "alg none": `${base64url('{"alg":"none","typ":"svc+jwt"}')}.${base64url(JSON.stringify(good))}.`,
      "alg HS512": signed(secret, { ...header, alg: "HS512" }, good),
      "typ JWT": signed(secret, { ...header, typ: "JWT" }, good),
      "typ at+jwt": signed(secret, { ...header, typ: "at+jwt" }, good),
      "for another service": signed(secret, header, { ...good, aud: "message" }),
      "for nobody": signed(secret, header, { ...good, aud: undefined }),
      "for several": signed(secret, header, { ...good, aud: ["auth", "message"] }),
      "from nobody": signed(secret, header, { ...good, iss: undefined }),
      "from a outsider": signed(secret, header, { ...good, iss: "evil" }),
      "from a list": signed(secret, header, { ...good, iss: ["gateway"] }),
      expired: signed(secret, header, { ...good, iat: now - 120, exp: now - 60 }),
      "good for a year": signed(secret, header, { ...good, exp: now + 31_536_000 }),
      "old, with an end to come": signed(secret, header, { ...good, iat: now - 3600 }),
      "from the future": signed(secret, header, { ...good, iat: now + 600, exp: now + 660 }),
      "without an end": signed(secret, header, { ...good, exp: undefined }),
      "without a beginning": signed(secret, header, { ...good, iat: undefined }),
      "a user's access token": access.token,
      "a user's WebSocket token": ws.token,
    };
    const passed: string[] = [];
    for (const [name, token] of Object.entries(forged)) {
      const { status, code } = await call(`${platform.authRpcUrl}/${path}`, token);
      if (status !== 403 || code !== "permission_denied") passed.push(`${name}: ${status}`);
    }
    assert.deepEqual(passed, []);
    assert.equal((await call(`${platform.authRpcUrl}/${path}`, undefined)).status, 401);
  });

  test("the client's address is believed from services only", async () => {
    // Three times as many guesses as a client has, each from an address of its own making.
    await using limited = await startPlatform({ auth: { authRateLimitPerMinute: 2 } });
    const codes = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const { code } = await call(
        `${limited.authRpcUrl}/aetherconnect.auth.v1.AuthService/Login`,
        i % 2 ? access.token : undefined,
        { username: `nobody_${i}`, password: "not the password" },
        { "x-client-address": `198.51.100.${i}`, "x-forwarded-for": `198.51.100.${i}` },
      );
      codes.add(code);
    }
    assert.ok(codes.has("resource_exhausted"), [...codes].join());
  });
});

function bearer(token: string) {
  // What no header can carry is sent as far as it goes.
  return { headers: { authorization: `Bearer ${token}` } };
}

async function call(
  url: string,
  token: string | undefined,
  body: object = { sessionId: randomUUID() },
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string }> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const answer: { code?: string } = JSON.parse(await response.text());
  return { status: response.status, code: answer.code ?? "" };
}

/** What a socket with this token hears first: "connected", or the code of an error. */
async function knock(token: unknown): Promise<string> {
  const socket = newSocket(platform.messageUrl, "", { auth: { token } });
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.on("connected", () => resolve("connected"));
      socket.on("error", ({ code }) => socket.once("disconnect", () => resolve(code)));
      socket.on("connect_error", reject);
      socket.connect();
    });
  } finally {
    socket.disconnect();
  }
}
