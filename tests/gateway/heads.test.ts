import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { clientOrigin, startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);
const bearer = { authorization: `Bearer ${user.client.cookie("accessToken")}` };
const home = { origin: clientOrigin };
const foreign = { origin: "https://evil.example" };
const json = { "content-type": "application/json" };

const security = `
  contract-version: ${CONTRACT_VERSION}
  content-security-policy: default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests
  cross-origin-opener-policy: same-origin
  cross-origin-resource-policy: cross-origin
  origin-agent-cluster: ?1
  referrer-policy: no-referrer
  strict-transport-security: max-age=31536000; includeSubDomains
  x-content-type-options: nosniff
  x-dns-prefetch-control: off
  x-download-options: noopen
  x-frame-options: SAMEORIGIN
  x-permitted-cross-domain-policies: none
  x-request-id: the-one
  x-xss-protection: 0`;
const readable = `
  access-control-allow-credentials: true
  access-control-expose-headers: x-request-id,retry-after,contract-version
  vary: Origin`;
const readableAtHome = `${readable}
  access-control-allow-origin: ${clientOrigin}`;
const preflight = `
  access-control-allow-headers: content-type,authorization,x-request-id,traceparent,tracestate,baggage,sentry-trace
  access-control-allow-methods: GET,HEAD,POST,PUT,PATCH,DELETE
  access-control-max-age: 600
  content-length: 0`;
const body = `
  content-length: N
  content-type: application/json; charset=utf-8`;
const personal = `
  cache-control: no-store`;
const cookies = `
  set-cookie: accessToken=X; Max-Age=900; Path=/; Expires=X; HttpOnly; SameSite=Lax
  set-cookie: refreshToken=X; Max-Age=604800; Path=/; Expires=X; HttpOnly; SameSite=Lax`;
const clearedCookies = `
  set-cookie: accessToken=; Max-Age=0; Path=/; Expires=X; HttpOnly; SameSite=Lax
  set-cookie: refreshToken=; Max-Age=0; Path=/; Expires=X; HttpOnly; SameSite=Lax`;
const kept = `
  connection: keep-alive
  keep-alive: timeout=5`;
const closed = `
  connection: close`;

const credentials = JSON.stringify({ email: user.email, password: user.password });
const profile = "/api/auth/profile";

for (const [name, method, path, headers, sent, status, ...expected] of [
  ["an answer", "GET", profile, bearer, "", 200, readable, personal, body, kept],
  [
    "to a page",
    "GET",
    profile,
    { ...bearer, ...home },
    "",
    200,
    readableAtHome,
    personal,
    body,
    kept,
  ],
  ["to a foreign page", "GET", profile, { ...bearer, ...foreign }, "", 200, personal, body, kept],
  ["its head alone", "HEAD", profile, bearer, "", 200, readable, personal, body, kept],
  [
    "for anybody",
    "POST",
    "/api/auth/login",
    { ...json, ...home },
    credentials,
    200,
    readableAtHome,
    personal,
    cookies,
    body,
    kept,
  ],
  ["a refusal", "GET", profile, home, "", 401, readableAtHome, personal, body, kept],
  [
    "a refusal that clears cookies",
    "POST",
    "/api/auth/refresh",
    { cookie: "refreshToken=x" },
    "",
    401,
    readable,
    personal,
    clearedCookies,
    body,
    kept,
  ],
  [
    "a logout without a session",
    "POST",
    "/api/auth/logout",
    { cookie: "refreshToken=x" },
    "",
    401,
    readable,
    personal,
    clearedCookies,
    body,
    kept,
  ],
  [
    "a foreign page that acts",
    "POST",
    "/api/rooms",
    { ...bearer, ...foreign },
    "",
    403,
    body,
    kept,
  ],
  [
    "a body too large",
    "POST",
    "/api/rooms",
    { ...bearer, ...json },
    "x".repeat(70_000),
    413,
    readable,
    personal,
    body,
    closed,
  ],
  ["a malformed path", "GET", "/api/rooms/%ff", home, "", 400, readableAtHome, body, kept],
  ["no route", "GET", "/api/nothing", {}, "", 404, readable, body, kept],
  [
    "another method",
    "DELETE",
    profile,
    home,
    "",
    405,
    readableAtHome,
    "\n  allow: GET, PUT, HEAD, OPTIONS",
    body,
    kept,
  ],
  ["a preflight", "OPTIONS", profile, home, "", 204, readableAtHome, preflight, kept],
  [
    "a foreign preflight",
    "OPTIONS",
    profile,
    foreign,
    "",
    204,
    "\n  allow: GET, PUT, HEAD, OPTIONS",
    kept,
  ],
  ["a document", "GET", "/openapi.json", home, "", 200, readableAtHome, body, kept],
] as const) {
  test(`${name}: the head has what it must, each once`, async () => {
    const found = await ask(method, path, headers, sent);
    assert.equal(found.status, status);
    assert.deepEqual(found.head, linesOf([security, ...expected].join("")));
  });
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter(Boolean).sort();
}

/** The lines of the answer's head, sorted, without what differs from one answer to the next. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  sent: string,
): Promise<{ status: number | undefined; head: string[] }> {
  return new Promise((resolve, reject) => {
    const all = { "x-request-id": "the-one", ...headers };
    const req = request(`${platform.gatewayUrl}${path}`, { method, headers: all }, async (res) => {
      await text(res);
      const { rawHeaders } = res;
      const lines = rawHeaders.flatMap((name, i) =>
        i % 2 === 0 ? [`${name.toLowerCase()}: ${rawHeaders[i + 1]}`] : [],
      );
      const head = lines
        .filter((line) => !line.startsWith("date: "))
        .map((line) =>
          line
            .replace(/^content-length: [1-9]\d*$/, "content-length: N")
            .replace(/Expires=[^;]+/, "Expires=X")
            .replace(/Token=[^;]+/, "Token=X"),
        );
      resolve({ status: res.statusCode, head: head.sort() });
    });
    req.on("error", reject).end(sent);
  });
}
