import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { getOption } from "@bufbuild/protobuf";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { Access, access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { post, registerUser, startFresh } from "./harness.ts";

const auth = await shared(startFresh());

test("each method is for whom the contract says, and for nobody else", async () => {
  const { tokens } = await registerUser(auth.client);
  const outsider = createServiceTokens("gateway", [randomBytes(32).toString("hex")]);
  const credentials = {
    none: undefined,
    user: tokens.accessToken,
    service: await auth.serviceTokens.issue("auth"),
    otherAudience: await auth.serviceTokens.issue("message"),
    otherSecret: await outsider.issue("auth"),
  };
  const refused: Partial<Record<Access, Record<string, string>>> = {
    [Access.USER]: {
      none: "unauthenticated",
      service: "unauthenticated",
      otherAudience: "unauthenticated",
      otherSecret: "unauthenticated",
    },
    [Access.SERVICE]: {
      none: "unauthenticated",
      user: "permission_denied",
      otherAudience: "permission_denied",
      otherSecret: "permission_denied",
    },
  };
  let checked = 0;
  for (const method of AuthService.methods) {
    if (method.methodKind !== "unary") continue;
    const needed = getOption(method, access);
    const expected = refused[needed];
    if (!expected) continue;
    for (const [who, token] of Object.entries(credentials)) {
      if (!(who in expected)) continue;
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      const { body } = await post(auth.running.rpcUrl, method.name, {}, headers);
      assert.equal(body.code, expected[who], `${method.name} for ${who}`);
      checked++;
    }
  }
  assert.ok(checked >= 40);
});

test("a client's word about its address and device is believed from services alone", async () => {
  const { user } = await registerUser(auth.client);
  const headers = { "x-client-device": "Forged", "x-client-address": "203.0.113.9" };
  const login = { username: user.username, password: "correct horse battery" };
  const { body } = await post(auth.running.rpcUrl, "Login", login, headers);
  assert.ok(body.tokens);
  const rows = await auth.database.query("select device from auth.sessions where user_id = $1", [
    user.id,
  ]);
  assert.ok(rows.every((it) => it.device !== "Forged"));
});
