import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { describe, test } from "node:test";
import { clientOrigin, startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { newRegistration, registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

describe("routes", () => {
  test("an unknown path is 404, a known one with a wrong method 405 with Allow", async () => {
    const client = platform.client();
    for (const path of [
      "/",
      "/api",
      "/api/nothing",
      "/api/rooms/",
      "/API/rooms",
      "/api/rooms//messages",
    ]) {
      const answer = await client.get(path);
      assert.equal(answer.status, 404, path);
      assert.equal(answer.body.code, "NOT_FOUND");
      assert.equal(answer.body.message, "Not found");
    }
    const answer = await client.delete("/api/auth/profile");
    assert.equal(answer.status, 405);
    assert.equal(answer.body.message, "Method not allowed");
    assert.equal(answer.headers.get("allow"), "GET, PUT, HEAD, OPTIONS");
    assert.equal((await client.get("/api/auth/login")).headers.get("allow"), "POST, OPTIONS");
  });

  test("route comes before Origin, Origin before authentication, authentication before the body", async () => {
    const client = platform.client();
    const headers = { origin: "https://evil.example" };
    assert.equal((await client.post("/api/nothing", {}, { headers })).status, 404);
    assert.equal((await client.request("PATCH", "/api/rooms", { headers })).status, 405);
    assert.equal((await client.post("/api/rooms", {}, { headers })).status, 403);
    const text = { raw: "x", headers: { "content-type": "text/plain" } };
    assert.equal((await client.post("/api/rooms", {}, text)).status, 401);
    assert.equal((await client.post("/api/auth/login", {}, text)).status, 415);
  });

  test("the documents have their methods too, and an upgrade to anything but WebSocket is passed over", async () => {
    const client = platform.client();
    for (const path of ["/docs", "/openapi.json", "/asyncapi.json"]) {
      const answer = await client.post(path);
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS");
    }
    assert.equal(await rawStatus({ connection: "Upgrade", upgrade: "h2c" }), 404);
    assert.equal(await rawStatus({ connection: "Upgrade", upgrade: "h2c" }, "/health"), 200);
  });

  test("the request id is answered, and taken over if it is one", async () => {
    const client = platform.client();
    const given = await client.get("/api/nothing", { headers: { "x-request-id": "abc-123" } });
    assert.equal(given.headers.get("x-request-id"), "abc-123");
    assert.equal(given.body.requestId, "abc-123");
    const bad = await client.get("/api/nothing", { headers: { "x-request-id": "a b" } });
    assert.match(bad.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  });

  test("headers over 16 KiB are refused with 431", async () => {
    assert.equal(await rawStatus({ "x-large": "a".repeat(17_000) }), 431);
  });
});

describe("bodies", () => {
  test("too large, of a wrong type, malformed, not an object", async () => {
    const client = platform.client();
    const large = await client.post("/api/auth/login", { password: "x".repeat(70_000) });
    assert.equal(large.status, 413);
    assert.equal(large.body.message, "Payload too large");
    const typed = { raw: "{}", headers: { "content-type": "application/x-www-form-urlencoded" } };
    const wrongType = await client.post("/api/auth/login", {}, typed);
    assert.equal(wrongType.status, 415);
    assert.equal(wrongType.body.message, "Content-Type must be application/json");
    const gzip = { raw: "{}", headers: { "content-encoding": "gzip" } };
    assert.equal((await client.post("/api/auth/login", {}, gzip)).status, 415);
    for (const raw of ["{", "[]", "null", "1", '"x"', new Uint8Array([0x7b, 0xff, 0x7d])]) {
      const answer = await client.post("/api/auth/login", {}, { raw });
      assert.equal(answer.status, 400, String(raw));
      assert.equal(answer.body.code, "VALIDATION_FAILED");
    }
  });

  test("an empty body counts as {} whatever its type", async () => {
    const user = await registerUser(platform);
    const empty = { raw: "", headers: { "content-type": "text/plain" } };
    assert.equal((await user.client.post("/api/auth/logout", {}, empty)).status, 200);
  });
});

describe("CSRF and CORS", () => {
  const cases: [string, Record<string, string>, boolean][] = [
    ["no browser", {}, true],
    ["the client's origin", { origin: clientOrigin }, true],
    ["the same by another name", { origin: "http://127.0.0.1:3004" }, true],
    ["another port", { origin: "http://localhost:3005" }, false],
    ["another scheme", { origin: "https://localhost:3004" }, false],
    ["a foreign page", { origin: "https://evil.example" }, false],
    ["a lookalike", { origin: "http://localhost:3004.evil.example" }, false],
    ["a sandboxed page", { origin: "null" }, false],
    ["same-origin without Origin", { "sec-fetch-site": "same-origin" }, true],
    ["typed in", { "sec-fetch-site": "none" }, true],
    ["cross-site without Origin", { "sec-fetch-site": "cross-site" }, false],
    ["same-site without Origin", { "sec-fetch-site": "same-site" }, false],
  ];
  for (const [name, headers, isAllowed] of cases) {
    test(`${name}: ${isAllowed ? "passes" : "403"}`, async () => {
      const user = await registerUser(platform);
      for (const path of [
        "/api/auth/login",
        "/api/auth/register",
        "/api/auth/refresh",
        "/api/rooms",
      ]) {
        const answer = await user.client.post(path, {}, { headers });
        if (isAllowed) assert.notEqual(answer.status, 403);
        else assert.equal(answer.body.message, "Origin not allowed (CLIENT_ORIGINS)");
        const readable = headers.origin !== undefined && isAllowed ? headers.origin : null;
        assert.equal(answer.headers.get("access-control-allow-origin"), readable);
      }
      assert.equal((await user.client.get("/api/auth/profile", { headers })).status, 200);
    });
  }

  test("preflights are answered for allowed origins only", async () => {
    const preflight = (origin: string) =>
      platform.client().request("OPTIONS", "/api/rooms", {
        headers: { origin, "access-control-request-method": "POST" },
      });
    const good = await preflight(clientOrigin);
    assert.equal(good.status, 204);
    assert.equal(good.headers.get("access-control-allow-origin"), clientOrigin);
    assert.equal(good.headers.get("access-control-allow-credentials"), "true");
    const bad = await preflight("https://evil.example");
    assert.equal(bad.headers.get("access-control-allow-origin"), null);
  });

  test("answers carry the security headers", async () => {
    const { headers } = await platform.client().get("/api/nothing");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'self'/);
    assert.equal(headers.get("x-powered-by"), null);
  });
});

describe("credentials", () => {
  test("the header alone counts where a cookie comes too", async () => {
    const user = await registerUser(platform);
    const other = await registerUser(platform);
    const bearer = { authorization: `Bearer ${other.client.cookie("accessToken")}` };
    const answer = await user.client.get("/api/auth/profile", { headers: bearer });
    assert.equal(answer.body.user.id, other.id);
    for (const authorization of ["Bearer nonsense", "bearer  x", "Bearer", "BEARER "]) {
      const refused = await user.client.get("/api/auth/profile", { headers: { authorization } });
      assert.equal(refused.status, 401);
    }
  });

  test("a cookie that comes twice is refused", async () => {
    const user = await registerUser(platform);
    const access = user.client.cookie("accessToken");
    const cookie = `accessToken=${access}; accessToken=${access}`;
    const answer = await user.client.get("/api/auth/profile", {
      headers: { cookie },
      withoutCookies: true,
    });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.code, "AMBIGUOUS_CREDENTIALS");
  });

  test("no token is accepted in another's place, and no forgery at all", async () => {
    const user = await registerUser(platform);
    const access = user.client.cookie("accessToken") ?? "";
    const refresh = user.client.cookie("refreshToken") ?? "";
    const ws = (await user.client.get("/api/auth/ws-token")).body.token;
    const [header = "", payload = "", signature = ""] = access.split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const hs256 = `${encode({ alg: "HS256", typ: "at+jwt" })}.${payload}`;
    const forged = [
      refresh,
      ws,
      `${encode({ alg: "none", typ: "at+jwt" })}.${payload}.`,
      `${hs256}.${createHmac("sha256", platform.serviceSecret).update(hs256).digest("base64url")}`,
      `${header}.${encode({ sub: "1", sid: randomUUID() })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}`,
      "null",
      "a".repeat(5_000),
    ];
    for (const token of forged) {
      const answer = await platform
        .client()
        .get("/api/auth/profile", { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 401, token.slice(0, 60));
      assert.equal(answer.body.message, "Unauthorized");
      const byCookie = await platform
        .client()
        .get("/api/auth/profile", { headers: { cookie: `accessToken=${token}` } });
      assert.equal(byCookie.status, 401);
    }
    const refreshed = await platform.client().post("/api/auth/refresh", { refreshToken: access });
    assert.equal(refreshed.body.code, "INVALID_REFRESH_TOKEN");
  });
});

describe("limits", () => {
  test("requests a minute: 429 with Retry-After, per session", async () => {
    await using limited = await startPlatform({ gateway: { rateLimitPerMinute: 5 } });
    const user = await registerUser(limited);
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await user.client.get("/api/auth/profile")).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
    const answer = await user.client.get("/api/auth/profile");
    assert.equal(answer.body.message, "Too many requests");
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    assert.equal((await limited.client().get("/api/auth/profile")).status, 401);
  });

  test("attempts a minute per account, whatever its spelling, and three times that per client", async () => {
    await using limited = await startPlatform({ auth: { authRateLimitPerMinute: 3 } });
    const client = limited.client();
    const attempt = (email: string) => client.post("/api/auth/login", { email, password: "wrong" });
    const email = "Somebody@example.com";
    for (let i = 0; i < 3; i++) assert.equal((await attempt(email)).status, 401);
    const refused = await attempt(email.toLowerCase());
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) >= 1);
    const statuses = [];
    for (let i = 0; i < 8; i++) statuses.push((await attempt(`other${i}@example.com`)).status);
    assert.ok(statuses.includes(429), String(statuses));
  });
});

describe("a dependency is lost", () => {
  test("503 within 3 s, no cookie touched, recovery by itself", async () => {
    await using lone = await startPlatform();
    const user = await registerUser(lone);
    await lone.message.stop();
    const rooms = await user.client.get("/api/rooms");
    assert.equal(rooms.status, 503);
    assert.equal(rooms.body.message, "Service unavailable");
    assert.ok(rooms.headers.get("retry-after"));
    await lone.auth.stop();
    const credentials = { email: user.email, password: user.password };
    for (const path of ["/api/auth/login", "/api/auth/refresh", "/api/auth/logout"]) {
      const body = path.endsWith("login") ? credentials : {};
      const answer = await user.client.post(path, body);
      assert.equal(answer.status, 503, path);
      assert.deepEqual(answer.setCookies, []);
    }
    assert.equal((await lone.client().get("/health/ready")).status, 503);
    assert.equal((await lone.client().get("/health/live")).status, 200);
    await lone.auth.start();
    await lone.message.start();
    while ((await user.client.get("/api/rooms")).status !== 200);
    assert.equal((await user.client.post("/api/auth/refresh")).status, 200);
  });
});

test("production cookies are secure, cross-site and partitioned", async () => {
  await using production = await startPlatform({
    gateway: {
      isProduction: true,
      clientOrigins: ["https://chat.example.com"],
      tokensInBody: false,
    },
  });
  const registration = newRegistration();
  const answer = await production.client().post("/api/auth/register", registration);
  for (const cookie of answer.setCookies) {
    assert.match(cookie, /; HttpOnly; Secure; Partitioned; SameSite=None$/);
  }
  const { email, password } = registration;
  const login = await production.client().post("/api/auth/login", { email, password });
  assert.deepEqual(Object.keys(login.body), ["success", "message", "user"]);
  const localhost = { headers: { origin: "http://localhost:3004" } };
  assert.equal((await production.client().post("/api/auth/login", {}, localhost)).status, 403);
});

describe("operation", () => {
  test("health says what is up, and nothing else", async () => {
    const answer = await platform.client().get("/health");
    assert.deepEqual(answer.body, { status: "ok", dependencies: { auth: "up", message: "up" } });
  });

  test("metrics are for this machine without a proxy in front", async () => {
    const url = `${platform.gatewayUrl}/metrics`;
    assert.match(await (await fetch(url)).text(), /aetherconnect_http_seconds/);
    const proxied = await fetch(url, { headers: { "x-forwarded-for": "10.0.0.1" } });
    assert.equal(proxied.status, 404);
  });

  test("the documents and their page are served", async () => {
    const openapi = await (await fetch(`${platform.gatewayUrl}/openapi.json`)).text();
    assert.match(JSON.parse(openapi).openapi, /^3\.1/);
    const asyncapi = await (await fetch(`${platform.gatewayUrl}/asyncapi.json`)).text();
    assert.match(JSON.parse(asyncapi).asyncapi, /^3\./);
    const page = await fetch(`${platform.gatewayUrl}/docs`);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  });
});

function rawStatus(
  headers: Record<string, string>,
  path = "/api/nothing",
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(`${platform.gatewayUrl}${path}`, { headers }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on("error", reject).end();
  });
}
