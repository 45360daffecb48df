import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseGatewayConfig } from "#gateway/config.ts";
import { clientOrigin, startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { newRegistration, registerUser } from "#tools/rig/users.ts";

/** Origins as webviews and extensions send them. */
const appOrigins = [
  "capacitor://localhost",
  "ionic://localhost",
  "tauri://localhost",
  "app://.",
  "app://-",
  "capacitor-electron://-",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "app.example://chat:8080",
];
const secret = "s".repeat(32);
const configOf = (origins: string, mode = "production") =>
  parseGatewayConfig({ NODE_ENV: mode, SERVICE_SECRET: secret, CLIENT_ORIGINS: origins });
const { clientOrigins } = configOf(["https://chat.example.com", ...appOrigins].join(","));
const inProduction = { isProduction: true, clientOrigins, publicOrigin: undefined };

const platform = await shared(startPlatform());
const production = await shared(startPlatform({ gateway: inProduction, message: inProduction }));

describe("cookies of another application on the same host", () => {
  const pairs = [
    "accessToken=a; accessToken=b",
    "refreshToken=a; refreshToken=b",
    "accessToken=a; refreshToken=c; accessToken=b; refreshToken=d; accessToken=",
    "accessToken=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA; refreshToken=theirs",
    "accessToken; refreshToken",
    "accessToken=; refreshToken=",
    'accessToken="quoted, %00"; refreshToken={"a":1}',
    `accessToken=${"a".repeat(3_000)}; refreshToken=${"b".repeat(3_000)}`,
    "accessToken=\xe9; refreshToken=\xff",
  ];
  for (const cookie of pairs) {
    test(`don't keep anybody from coming in or going out: ${cookie.slice(0, 60)}`, async () => {
      const client = platform.client();
      const options = { headers: { cookie }, withoutCookies: true };
      const registration = newRegistration();
      const { email, password } = registration;
      const made = await client.post("/api/auth/register", registration, options);
      assert.equal(made.status, 201, made.text);
      const login = await client.post("/api/auth/login", { email, password }, options);
      assert.equal(login.status, 200, login.text);
      assert.equal(login.setCookies.length, 2);
      const out = await client.post("/api/auth/logout", {}, options);
      assert.equal(out.status, 401);
      assert.equal(out.setCookies.length, 2, "both cookies are cleared");
      const headers = { cookie, authorization: `Bearer ${login.body.accessToken}` };
      const byHeader = await client.post("/api/auth/logout", {}, { ...options, headers });
      assert.equal(byHeader.status, 200, byHeader.text);
    });
  }

  test("are refused elsewhere where they come twice", async () => {
    const client = platform.client();
    const options = { headers: { cookie: "accessToken=a; accessToken=b" }, withoutCookies: true };
    for (const path of ["/api/auth/refresh", "/api/auth/logout-all", "/api/rooms"]) {
      const answer = await client.post(path, {}, options);
      assert.equal(answer.body.code, "AMBIGUOUS_CREDENTIALS", path);
    }
  });

  test("don't keep a session from being ended by its own refresh token", async () => {
    const user = await registerUser(platform);
    const refreshToken = user.client.cookie("refreshToken");
    const cookie = `accessToken=a; accessToken=b; refreshToken=${refreshToken}`;
    await user.client.post("/api/auth/logout", {}, { headers: { cookie }, withoutCookies: true });
    assert.equal((await user.client.get("/api/auth/profile")).status, 401);
  });
});

test("a header of any scheme but Bearer counts for nothing", async () => {
  const user = await registerUser(platform);
  const token = user.client.cookie("accessToken");
  const ask = (authorization: string, cookie = "") =>
    platform.client().get("/api/auth/profile", { headers: { authorization, cookie } });
  for (const scheme of [
    "Basic c3RhZ2U6c2VjcmV0",
    "basic x",
    "Digest username=x",
    "Negotiate",
    "",
  ]) {
    assert.equal((await ask(scheme, `accessToken=${token}`)).status, 200, scheme);
    assert.equal((await ask(scheme)).status, 401, scheme);
  }
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    assert.equal((await ask(`${scheme} ${token}`)).status, 200);
    assert.equal((await ask(`${scheme} nonsense`, `accessToken=${token}`)).status, 401);
  }
  const headers = { authorization: "Basic c3RhZ2U6c2VjcmV0" };
  for (const base of [platform.gatewayUrl, platform.messageUrl]) {
    const socket = await connectSocket(base, user, {
      transports: ["polling", "websocket"],
      extraHeaders: headers,
    });
    socket.disconnect();
  }
});

describe("a page's tracing", () => {
  const tracing = ["traceparent", "tracestate", "baggage", "sentry-trace"];
  const preflight = (url: string, origin: string) =>
    fetch(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": tracing.join(", "),
      },
    });
  const polling = "/socket.io/?EIO=4&transport=polling";
  for (const [name, url] of [
    ["REST", `${platform.gatewayUrl}/api/rooms`],
    ["the gateway's Socket.IO", `${platform.gatewayUrl}${polling}`],
    ["the message service's Socket.IO", `${platform.messageUrl}${polling}`],
  ] as const) {
    test(`may be sent along to ${name}, by allowed origins`, async () => {
      const answer = await preflight(url, clientOrigin);
      assert.equal(answer.status, 204);
      assert.equal(answer.headers.get("access-control-allow-origin"), clientOrigin);
      const allowed = answer.headers.get("access-control-allow-headers")?.split(/, ?/) ?? [];
      for (const header of tracing) assert.ok(allowed.includes(header), header);
      const foreign = await preflight(url, "https://evil.example");
      assert.equal(foreign.headers.get("access-control-allow-origin"), null);
    });
  }
});

describe("origins of apps", () => {
  for (const origin of appOrigins) {
    test(`${origin} is let in word for word, in production too`, async () => {
      const { email, password } = newRegistration();
      const login = await production
        .client()
        .post("/api/auth/login", { email, password }, { headers: { origin } });
      assert.equal(login.status, 401, login.text);
      assert.equal(login.headers.get("access-control-allow-origin"), origin);
      assert.equal(login.headers.get("access-control-allow-credentials"), "true");
      for (const base of [production.gatewayUrl, production.messageUrl]) {
        const url = `${base}/socket.io/?EIO=4&transport=polling`;
        const answer = await fetch(url, { headers: { origin } });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("access-control-allow-origin"), origin);
        for (const other of [origin.toUpperCase(), `${origin}.evil`, `x${origin}`]) {
          assert.equal((await fetch(url, { headers: { origin: other } })).status, 403, other);
        }
      }
    });
  }

  test("what no page can have, or production must not take, is refused at the start", () => {
    for (const origin of [
      "null",
      "*",
      "capacitor:",
      "capacitor://",
      "capacitor://localhost/",
      "capacitor://localhost/index.html",
      "capacitor://a@localhost",
      "Capacitor://localhost",
      "https://*.example.com",
      "file://",
      "file://localhost",
      "ws://localhost",
      "javascript:alert(1)",
      "data:text/html,x",
    ]) {
      assert.throws(() => configOf(origin, "development"), /bad setting: CLIENT_ORIGINS/, origin);
    }
    for (const origin of ["http://localhost", "capacitor://localhost,http://tauri.localhost"]) {
      assert.throws(() => configOf(origin), /CLIENT_ORIGINS .* without http: origins/, origin);
      configOf(origin, "development");
    }
  });
});
