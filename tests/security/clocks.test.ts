import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { base64url, type GenuineKey, stealKey } from "#tools/rig/forgeries/genuine-key.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const now = () => Math.floor(Date.now() / 1000);

describe("an access token of an auth service whose clock differs", () => {
  let platform: Platform;
  let user: TestUser;
  let key: GenuineKey;
  before(async () => {
    platform = await startPlatform();
    user = await registerUser(platform);
    key = await stealKey(platform);
  });
  after(() => platform[Symbol.asyncDispose]());

  /** Issued by a clock that is so many seconds ahead of ours. */
  const tokenOf = (seconds: number) => {
    const [, payload = ""] = (user.client.cookie("accessToken") ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const iat = now() + seconds;
    const header = JSON.stringify({ alg: "EdDSA", kid: key.kid, typ: "at+jwt" });
    return key.sign(header, JSON.stringify({ ...claims, jti: randomUUID(), iat, exp: iat + 900 }));
  };
  const statuses = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const rpc = { method: "POST", headers, body: "{}" };
    const answers = await Promise.all([
      fetch(`${platform.gatewayUrl}/api/rooms`, { headers }),
      fetch(`${platform.authRpcUrl}/aetherconnect.auth.v1.AuthService/GetProfile`, rpc),
      fetch(`${platform.messageRpcUrl}/aetherconnect.message.v1.RoomService/ListRooms`, rpc),
    ]);
    return answers.map(({ status }) => status);
  };

  test("is good by a little, and not by much", async () => {
    for (const seconds of [25, -25]) {
      assert.deepEqual(await statuses(tokenOf(seconds)), [200, 200, 200], `${seconds} s`);
    }
    for (const seconds of [60, 600, -960]) {
      assert.deepEqual(await statuses(tokenOf(seconds)), [401, 401, 401], `${seconds} s`);
    }
  });
});

test("a service token of a service whose clock differs is good by a little", async () => {
  const secret = randomBytes(32).toString("hex");
  const auth = createServiceTokens("auth", [secret]);
  const tokenOf = (seconds: number) => {
    const iat = now() + seconds;
    const claims = { iss: "gateway", aud: "auth", iat, exp: iat + 60, jti: randomUUID() };
    const header = base64url(JSON.stringify({ alg: "HS256", typ: "svc+jwt" }));
    const input = `${header}.${base64url(JSON.stringify(claims))}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  for (const seconds of [25, 0, -60]) {
    assert.equal(await auth.verify(tokenOf(seconds)), "gateway", `${seconds} s`);
  }
  for (const seconds of [60, 600, -75]) {
    assert.equal(await auth.verify(tokenOf(seconds)), undefined, `${seconds} s`);
  }
});

test("a service that auth doesn't know refuses nobody for it: it can't judge", async () => {
  const serviceSecrets: [string] = [randomBytes(32).toString("hex")];
  await using platform = await startPlatform({ message: { serviceSecrets } });
  const user = await registerUser(platform);
  const headers = {
    authorization: `Bearer ${user.client.cookie("accessToken")}`,
    "content-type": "application/json",
  };
  const rpc = { method: "POST", headers, body: "{}" };
  const path = "aetherconnect.message.v1.RoomService/ListRooms";
  assert.equal((await fetch(`${platform.messageRpcUrl}/${path}`, rpc)).status, 503);
  const answer = await user.client.get("/api/rooms");
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.setCookies, []);
});
