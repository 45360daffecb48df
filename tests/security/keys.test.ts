import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createRpcClient } from "#common/rpc/client.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { base64url } from "#tools/rig/forgeries/genuine-key.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** How often the auth service was asked for its keys. */
async function keyCalls(): Promise<number> {
  const metrics = await (await fetch(`${platform.authUrl}/metrics`)).text();
  const line = /rpc_seconds_count\{[^}]*method="GetSigningKeys"[^}]*\} (\d+)/.exec(metrics);
  return Number(line?.[1] ?? 0);
}

test("a flood of unknown key ids makes nobody fetch in a loop, and locks nobody out", async () => {
  const user = await registerUser(platform);
  const access = user.client.cookie("accessToken") ?? "";
  const [, payload, signature] = access.split(".");
  const before = await keyCalls();
  const startedAt = performance.now();
  const flood = Array.from({ length: 1_000 }, async (_, i) => {
    const header = base64url(JSON.stringify({ alg: "EdDSA", kid: `unknown-${i}`, typ: "at+jwt" }));
    const token = `${header}.${payload}.${signature}`;
    const base = `${platform.messageRpcUrl}/aetherconnect.message.v1.RoomService/ListRooms`;
    const response =
      i % 2
        ? await fetch(`${platform.gatewayUrl}/api/rooms`, bearer(token))
        : await fetch(base, {
            method: "POST",
            headers: { "content-type": "application/json", ...bearer(token).headers },
            body: "{}",
          });
    await response.arrayBuffer();
    return response.status;
  });
  assert.deepEqual(new Set(await Promise.all(flood)), new Set([401]));
  const seconds = (performance.now() - startedAt) / 1000;
  const calls = (await keyCalls()) - before;
  // Two services, each at most once in two seconds.
  assert.ok(calls <= 2 * (Math.ceil(seconds / 2) + 1), `${calls} calls in ${seconds} s`);
  assert.equal((await user.client.get("/api/rooms")).status, 200);
});

test("keys rotate while tokens live: none is refused, and the new one signs", async () => {
  await using fresh = await startPlatform();
  const user = await registerUser(fresh);
  const old = user.client.cookie("accessToken") ?? "";
  const rpc = createRpcClient({
    url: fresh.authRpcUrl,
    audience: "auth",
    serviceTokens: createServiceTokens("gateway", [fresh.serviceSecret]),
  });
  const { kid } = await createClient(AuthService, rpc.transport).rotateSigningKeys({});
  rpc.close();
  assert.ok(kid);
  // The new key signs when it has been published for long enough: here that moment is now.
  await fresh.database.query("update auth.signing_keys set signs_from = now() where kid = $1", [
    kid,
  ]);
  await fresh.auth.stop();
  await fresh.auth.start();
  const { email, password } = user;
  const later = fresh.client();
  let login = await later.post("/api/auth/login", { email, password });
  while (login.status === 503) login = await later.post("/api/auth/login", { email, password });
  const header = JSON.parse(
    Buffer.from(login.body.accessToken.split(".")[0], "base64url").toString(),
  );
  assert.equal(header.kid, kid);
  for (const token of [old, login.body.accessToken]) {
    let answer = await later.get("/api/rooms", bearer(token));
    while (answer.status === 503) answer = await later.get("/api/rooms", bearer(token));
    assert.equal(answer.status, 200);
  }
  (await connectSocket(fresh.messageUrl, user)).disconnect();
  const jwks = JSON.parse(await (await fetch(`${fresh.authUrl}/.well-known/jwks.json`)).text());
  assert.equal(jwks.keys.length, 2);
  for (const key of jwks.keys)
    assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
});

test("no private key lies in the database in clear, and another secret opens none", async () => {
  const rows = await platform.database.query("select sealed_private_key from auth.signing_keys");
  const { createSealer } = await import("#auth/keys/seal.ts");
  const outsider = createSealer(["x".repeat(64)], "auth signing keys");
  const otherPurpose = createSealer([platform.serviceSecret], "another purpose");
  for (const row of rows) {
    const sealed = String(row.sealed_private_key);
    assert.equal(outsider.open(sealed, "any"), undefined);
    assert.equal(otherPurpose.open(sealed, "any"), undefined);
    assert.ok(Buffer.from(sealed, "base64url").length > 32 + 28 - 1);
  }
  const stored = await platform.database.query("select hash from auth.refresh_tokens");
  for (const { hash } of stored) assert.match(String(hash), /^[\w-]{43}$/);
});
