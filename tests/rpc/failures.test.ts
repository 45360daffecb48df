import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createMetrics } from "#common/metrics.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AppError } from "#contract/errors.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Implementation } from "#rpc";
import { createTestLog } from "#tools/rig/log.ts";

const secrets: [string] = ["s".repeat(32)];
const stack = new AsyncDisposableStack();
// Not disposed: what a test log refuses is what is tested here.
const log = createTestLog("auth");
let auth: ReturnType<typeof createClient<typeof AuthService>>;

/** Three methods, each of which fails in its way. */
const failing: Implementation = {
  service: AuthService,
  addTo(router) {
    const { watchRevocations, getSigningKeys, getUsers } = AuthService.method;
    router.rpc(watchRevocations, async function* () {
      yield { cursor: "1" };
      throw new AppError("BUSY");
    });
    router.rpc(getSigningKeys, () => {
      throw new AppError("ROOM_NOT_FOUND");
    });
    router.rpc(getUsers, () => {
      throw new Error("the password of the database is 1234");
    });
  },
};

before(async () => {
  const tokens = createServiceTokens("auth", secrets);
  const server = await startRpcServer({
    port: 0,
    host: "127.0.0.1",
    portSetting: "-",
    implementations: [failing],
    authenticator: {
      user: () => Promise.reject(new AppError("UNAUTHENTICATED")),
      async service(token) {
        const name = await tokens.verify(token);
        return name === undefined ? undefined : { kind: "service", name };
      },
    },
    log: log.log,
    metrics: createMetrics("auth"),
  });
  stack.defer(server.close);
  const client = createRpcClient({
    url: `http://127.0.0.1:${server.port}`,
    audience: "auth",
    serviceTokens: createServiceTokens("gateway", secrets),
  });
  stack.defer(client.close);
  auth = createClient(AuthService, client.transport);
});
after(() => stack.disposeAsync());

const linesOf = (method: string): Record<string, unknown>[] =>
  log
    .text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((line) => line.method === method);

test("a stream that fails midway says why, and is logged once, when it has ended", async () => {
  const seen: string[] = [];
  const thrown = await (async () => {
    for await (const { cursor } of auth.watchRevocations({})) seen.push(cursor);
  })().catch((error: unknown) => error);
  assert.deepEqual(seen, ["1"]);
  assert.equal(fromConnectError(thrown).code, "BUSY");
  assert.equal(fromConnectError(thrown).retryAfterSeconds, 1);
  assert.deepEqual(
    linesOf("WatchRevocations").map(({ level, msg, code }) => ({ level, msg, code })),
    [{ level: "info", msg: "call", code: "BUSY" }],
  );
});

test("a reason that its method doesn't declare is answered as it is, and logged", async () => {
  const thrown = await auth.getSigningKeys({}).catch((error: unknown) => error);
  assert.equal(fromConnectError(thrown).code, "ROOM_NOT_FOUND");
  const undeclared = linesOf("GetSigningKeys").find((it) => it.msg === "undeclared failure");
  assert.equal(undeclared?.level, "error");
  assert.equal(undeclared?.code, "ROOM_NOT_FOUND");
});

test("what nobody expected is logged whole, and leaves without a word of it", async () => {
  const thrown = await auth.getUsers({ userIds: ["1"] }).catch((error: unknown) => error);
  const error = ConnectError.from(thrown);
  assert.equal(error.code, Code.Internal);
  assert.doesNotMatch(JSON.stringify([error.message, error.details]), /1234/);
  const logged = linesOf("GetUsers").find((it) => it.msg === "a call failed");
  assert.match(JSON.stringify(logged), /1234/);
});
