import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { createSealer } from "#auth/keys/seal.ts";
import { issuer, tokenKinds } from "#common/tokens/user-token.ts";
import { createTestLog } from "#tools/rig/log.ts";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  decode,
  loginUser,
  registerUser,
  startFresh,
  startTestAuth,
} from "./harness.ts";

const auth = await shared(startFresh({}, { keyLeadSeconds: 0 }));

const profile = (token: string, on = auth.client) => codeOf(on.getProfile({}, as(token)));
const publishedKids = async () => (await auth.client.getSigningKeys({})).keys.map((it) => it.kid);

test("a new key signs, and no valid token is refused", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const { kid } = await auth.client.rotateSigningKeys({});
  assert.equal(await profile(tokens.accessToken), "OK");
  const { tokens: later } = await loginUser(auth.client, user.username);
  assert.equal(decode(later.accessToken).header.kid, kid);
  assert.equal(await profile(later.accessToken), "OK");
  const kids = await publishedKids();
  assert.ok(kids.includes(kid) && kids.includes(String(decode(tokens.accessToken).header.kid)));
});

test("another instance knows a key that this one has made", async () => {
  await using second = await startTestAuth(auth.config, { keyLeadSeconds: 0 });
  const { user } = await registerUser(auth.client);
  await auth.client.rotateSigningKeys({});
  const { tokens } = await loginUser(auth.client, user.username);
  // The second has just read the keys, and must wait a moment before it asks again.
  while ((await profile(tokens.accessToken, second.client)) !== "OK");
});

test("a key is published before it signs", async () => {
  await using slow = await startTestAuth(auth.config, { keyLeadSeconds: 60 });
  const { user } = await registerUser(slow.client);
  const { kid } = await slow.client.rotateSigningKeys({});
  const { keys } = await slow.client.getSigningKeys({});
  assert.ok(keys.some((it) => it.kid === kid));
  const { tokens } = await loginUser(slow.client, user.username);
  assert.notEqual(decode(tokens.accessToken).header.kid, kid);
  await auth.database.query("delete from auth.signing_keys where kid = $1", [kid]);
});

test("keys go when no token of theirs can be valid any more", async () => {
  const { kid: old } = await auth.client.rotateSigningKeys({});
  const { kid } = await auth.client.rotateSigningKeys({});
  await auth.database.query(
    "update auth.signing_keys set signs_from = now() - interval '21 minutes' where kid = $1",
    [kid],
  );
  await auth.client.rotateSigningKeys({});
  const [row] = await auth.database.query("select 1 from auth.signing_keys where kid = $1", [old]);
  assert.equal(row, undefined);
  assert.ok((await publishedKids()).includes(kid));
});

test("private halves lie sealed in the table, and open with a secret's successor", async () => {
  const rows = await auth.database.query("select * from auth.signing_keys");
  const [secret] = auth.config.serviceSecrets;
  const open = (row: Record<string, unknown>, by: string) =>
    createSealer([by], "auth signing keys").open(String(row.sealed_private_key), String(row.kid));
  for (const row of rows) {
    const plain = open(row, secret)?.plain;
    assert.ok(plain && plain.length === 32);
    const text = JSON.stringify(row);
    for (const form of ["base64url", "base64", "hex"] as const) {
      assert.ok(!text.includes(plain.toString(form)), "not in clear");
    }
    const { x } = await exportJWK(
      await importJWK(
        {
          kty: "OKP",
          crv: "Ed25519",
          x: String(row.public_key),
          d: plain.toString("base64url"),
        },
        "EdDSA",
        { extractable: true },
      ),
    );
    assert.equal(x, row.public_key);
    assert.equal(open({ ...row, kid: "another" }, secret), undefined, "bound to its id");
  }
});

test("the secret is replaced by new,old without a token being refused", async () => {
  await using first = await startFresh({}, { keyLeadSeconds: 0 });
  const { tokens } = await registerUser(first.client);
  const [old] = first.config.serviceSecrets;
  const next = randomBytes(32).toString("hex");
  {
    await using both = await startTestAuth({ ...first.config, serviceSecrets: [next, old] });
    assert.equal(await profile(tokens.accessToken, both.client), "OK");
  }
  await using only = await startTestAuth({ ...first.config, serviceSecrets: [next] });
  assert.equal(await profile(tokens.accessToken, only.client), "OK");
  const { keys } = await only.client.getSigningKeys({});
  assert.equal(keys.length, 1, "the same key, sealed anew");
});

test("where no key opens with the secret a new one signs at once, and the log says so in a line", async () => {
  await using first = await startFresh({});
  const { user, tokens } = await registerUser(first.client);
  using logged = createTestLog("auth");
  const secrets: [string] = [randomBytes(32).toString("hex")];
  await using other = await startTestAuth(
    { ...first.config, serviceSecrets: secrets },
    { log: logged.log },
  );
  const { tokens: later } = await loginUser(other.client, user.username);
  assert.notEqual(decode(later.accessToken).header.kid, decode(tokens.accessToken).header.kid);
  // Sessions of before go on: what verifies their tokens is kept.
  for (const { accessToken } of [tokens, later]) {
    assert.equal(await profile(accessToken, other.client), "OK");
  }
  assert.equal(
    (
      await other.client.refreshSession({ refreshToken: tokens.refreshToken })
    ).tokens?.accessToken.split(".").length,
    3,
  );
  const lines = logged.text().split("\n");
  assert.equal(lines.filter((line) => /signing key/.test(line)).length, 1);
  assert.match(logged.text(), /no signing key opens with SERVICE_SECRET: a new one signs/);
});

test("forged and confused tokens are refused", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const { header, payload } = decode(tokens.accessToken);
  const kid = String(header.kid);
  const [key] = (await auth.client.getSigningKeys({})).keys.filter((it) => it.kid === kid);
  const own = await generateKeyPair("EdDSA");
  const claims = () =>
    new SignJWT({ sid: payload.sid })
      .setIssuer(issuer)
      .setAudience(tokenKinds.access.audience)
      .setSubject(user.id)
      .setJti("1")
      .setIssuedAt()
      .setExpirationTime("5m");
  const typ = "at+jwt";
  const publicBytes = Buffer.from(key?.x ?? "", "base64url");
  const jwk = await exportJWK(own.publicKey);
  const [, body = "", signature = ""] = tokens.accessToken.split(".");
  const reheaded = (changes: object) =>
    `${Buffer.from(JSON.stringify({ ...header, ...changes })).toString("base64url")}.${body}.${signature}`;
  const { token: ws } = await auth.client.issueWsToken({}, as(tokens.accessToken));
  const forgeries: Record<string, string> = {
    "a WebSocket token": ws,
    "a refresh token": tokens.refreshToken,
    "a service token": await auth.serviceTokens.issue("auth"),
    "another key, our kid": await claims()
      .setProtectedHeader({ alg: "EdDSA", kid, typ })
      .sign(own.privateKey),
    "another key, its own jwk": await claims()
      .setProtectedHeader({ alg: "EdDSA", kid: "x", typ, jwk })
      .sign(own.privateKey),
    "another key, a path as kid": await claims()
      .setProtectedHeader({ alg: "EdDSA", kid: "../../dev/null", typ })
      .sign(own.privateKey),
    "no kid": await claims().setProtectedHeader({ alg: "EdDSA", typ }).sign(own.privateKey),
    "HS256 with the public key": await claims()
      .setProtectedHeader({ alg: "HS256", kid, typ })
      .sign(publicBytes),
    "HS256 with the public key as text": await claims()
      .setProtectedHeader({ alg: "HS256", kid, typ })
      .sign(Buffer.from(key?.x ?? "")),
    "alg none": new UnsecuredJWT({ sid: payload.sid }).setSubject(user.id).encode(),
    "alg none, our header": `${reheaded({ alg: "none" }).split(".").slice(0, 2).join(".")}.`,
    "another typ in the header": reheaded({ typ: "JWT" }),
    "no signature": `${tokens.accessToken.split(".").slice(0, 2).join(".")}.`,
    "another signature": `${tokens.accessToken.slice(0, -4)}AAAA`,
    "another user": [
      tokens.accessToken.split(".")[0],
      Buffer.from(JSON.stringify({ ...payload, sub: "1" })).toString("base64url"),
      signature,
    ].join("."),
    "not a token": "x.y.z",
  };
  for (const [name, token] of Object.entries(forgeries)) {
    assert.equal(await profile(token), "UNAUTHENTICATED", name);
  }
  assert.equal(await profile(tokens.accessToken), "OK");
});

test("a session of another user doesn't go with a token", async () => {
  const { tokens } = await registerUser(auth.client);
  const other = await registerUser(auth.client);
  await auth.database.query("update auth.sessions set user_id = $2 where id = $1", [
    decode(tokens.accessToken).payload.sid,
    other.user.id,
  ]);
  assert.equal(await profile(tokens.accessToken), "UNAUTHENTICATED");
});

test("the keys are served over HTTP, and nothing else is", async () => {
  const { httpUrl } = auth.running;
  const response = await fetch(`${httpUrl}/.well-known/jwks.json`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("cache-control") ?? "", /^public, max-age=\d+$/);
  const { keys } = JSON.parse(await response.text());
  const rpc = await auth.client.getSigningKeys({});
  assert.deepEqual(
    keys.map((it: { x: string }) => it.x),
    rpc.keys.map((it) => it.x),
  );
  assert.ok(keys.every((it: object) => !("d" in it)));
  const missing = await fetch(`${httpUrl}/users`, { headers: { "x-request-id": "abc-1" } });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get("x-request-id"), "abc-1");
  assert.deepEqual(JSON.parse(await missing.text()), {
    success: false,
    statusCode: 404,
    message: "Not found",
    code: "NOT_FOUND",
    requestId: "abc-1",
  });
  const posted = await fetch(`${httpUrl}/.well-known/jwks.json`, { method: "POST" });
  assert.equal(posted.status, 405);
  assert.equal(posted.headers.get("allow"), "GET, HEAD");
});
