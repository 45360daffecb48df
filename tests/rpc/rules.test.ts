import assert from "node:assert/strict";
import { once } from "node:events";
import {
  connect,
  constants,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { after, describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createMetrics } from "#common/metrics.ts";
import { clientOf, requireUser } from "#common/rpc/caller.ts";
import { createRpcClient } from "#common/rpc/client.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { startRpcServer } from "#common/rpc/server.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AppError } from "#contract/errors.ts";
import {
  AuthService,
  CheckSessionRequestSchema,
  GetUsersRequestSchema,
  GetUsersResponseSchema,
  RefreshSessionRequestSchema,
  UpdateProfileRequestSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import {
  type Call,
  currentRequestId,
  Health,
  HealthCheckResponse_ServingStatus,
  type Implementation,
  withRequestId,
} from "#rpc";
import { createTestLog } from "#tools/rig/log.ts";

const kib = 1024;
const secrets: [string] = ["s".repeat(32)];
const tokens = createServiceTokens("gateway", secrets);
const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** By these tokens a handler waits for ever, or until its call is aborted. */
const waits = "wait";
const finishes = "last";

/** A server, and a client for it, of which both or none have the fast path. */
async function start(hasFastPath: boolean) {
  // Not disposed: what a test log refuses is what is tested here.
  const log = createTestLog("auth");
  const metrics = createMetrics("auth");
  const waiting: Call[] = [];
  let arrived = Promise.withResolvers<void>();
  const implementation: Implementation = {
    service: AuthService,
    handlers: {
      async *watchRevocations() {
        yield { cursor: "1" };
        throw new AppError("BUSY");
      },
      getSigningKeys() {
        throw new AppError("ROOM_NOT_FOUND");
      },
      getUsers({ userIds: [first = "", ...others] }: { userIds: string[] }) {
        if (first === "unexpected") throw new Error("the password of the database is 1234");
        if (first === "id") return { users: [{ id: currentRequestId() }] };
        if (first === "large") return { users: [{ name: "x".repeat(8 * kib * kib) }] };
        return { users: [first, ...others].map((id) => ({ id, name: `user ${id}` })) };
      },
      checkSession: (_: unknown, call: Call) => ({ active: clientOf(call).device === "a device" }),
      findUser: (_: unknown, call: Call) => ({ user: { id: requireUser(call).userId } }),
      updateProfile: () => ({}),
      async refreshSession(req: { refreshToken: string }, call: Call) {
        if (req.refreshToken !== waits && req.refreshToken !== finishes) return {};
        waiting.push(call);
        arrived.resolve();
        arrived = Promise.withResolvers();
        if (req.refreshToken === waits) await new Promise(() => undefined);
        await once(call.signal, "abort");
        return {};
      },
    },
  };
  const server = await startRpcServer({
    port: 0,
    host: "127.0.0.1",
    portSetting: "-",
    implementations: [implementation],
    authenticator: {
      async user(token) {
        if (token !== "of-a-user") throw new AppError("UNAUTHENTICATED");
        return { kind: "user", userId: "7", sessionId: "1", expiresAt: 0 };
      },
      async service(token) {
        const name = await createServiceTokens("auth", secrets).verify(token);
        return name === undefined ? undefined : { kind: "service", name };
      },
    },
    log: log.log,
    metrics,
    hasFastPath,
  });
  stack.defer(server.close);
  const url = `http://127.0.0.1:${server.port}`;
  const client = createRpcClient({ url, audience: "auth", serviceTokens: tokens, hasFastPath });
  stack.defer(client.close);
  return {
    server,
    url,
    client,
    auth: createClient(AuthService, client.transport),
    metrics,
    waiting,
    arrived: () => arrived.promise,
    linesOf: (method: string): Record<string, unknown>[] =>
      log
        .text()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter((line) => line.method === method),
  };
}

const [fast, stock] = await Promise.all([start(true), start(false)]);

const asUser = { headers: { authorization: "Bearer of-a-user" } };

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (thrown) {
    assert.ok(thrown instanceof ConnectError);
    return thrown;
  }
  return assert.fail("the call should have failed");
}

for (const [name, { auth, client, url, metrics, waiting, arrived, linesOf }] of [
  ["the fast path", fast],
  ["Connect's own path", stock],
] as const) {
  describe(name, () => {
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
      const error = await errorOf(auth.getSigningKeys({}));
      assert.equal(fromConnectError(error).code, "ROOM_NOT_FOUND");
      const undeclared = linesOf("GetSigningKeys").find((it) => it.msg === "undeclared failure");
      assert.equal(undeclared?.level, "error");
      assert.equal(undeclared?.code, "ROOM_NOT_FOUND");
    });

    test("what nobody expected is logged whole, and leaves without a word of it", async () => {
      const error = await errorOf(auth.getUsers({ userIds: ["unexpected"] }));
      assert.equal(error.code, Code.Internal);
      assert.doesNotMatch(JSON.stringify([error.message, error.details]), /1234/);
      const logged = linesOf("GetUsers").find((it) => it.msg === "a call failed");
      assert.match(JSON.stringify(logged), /1234/);
    });

    test("a service is known by its token, sent unless the call is a user's", async () => {
      assert.equal((await auth.findUser({ username: "x" }, asUser)).user?.id, "7");
      const anonymous = await errorOf(auth.findUser({ username: "x" }));
      assert.equal(fromConnectError(anonymous).code, "UNAUTHENTICATED");
      const headers = { "X-Client-Address": "203.0.113.9", "X-Client-Device": "a device" };
      assert.equal((await auth.checkSession({ sessionId: "1" }, { headers })).active, true);
    });

    test("a call that is aborted is answered, and its handler hears of it", async () => {
      const leaving = new AbortController();
      const call = auth.refreshSession({ refreshToken: waits }, { signal: leaving.signal });
      await arrived();
      const handled = waiting.at(-1);
      assert.ok(handled);
      const heard = once(handled.signal, "abort");
      leaving.abort();
      assert.equal((await errorOf(call)).code, Code.Canceled);
      await heard;
      while (!linesOf("RefreshSession").some((it) => it.code === "CONNECT")) {
        await new Promise(setImmediate);
      }
    });

    test("who asks for the signal only after the abort is told as well", async () => {
      const leaving = new AbortController();
      const call = auth.refreshSession({ refreshToken: waits }, { signal: leaving.signal });
      await arrived();
      const lines = linesOf("RefreshSession").length;
      leaving.abort();
      await errorOf(call);
      while (linesOf("RefreshSession").length === lines) await new Promise(setImmediate);
      assert.throws(() => waiting.at(-1)?.signal.throwIfAborted());
    });

    test("a deadline that ends while a handler waits is kept by both ends", async () => {
      const waitFor = auth.refreshSession({ refreshToken: waits }, { timeoutMs: 50 });
      assert.equal((await errorOf(waitFor)).code, Code.DeadlineExceeded);
      const counted = (await metrics.registry.metrics()).split("\n");
      const labels = 'service="auth",method="RefreshSession",code="CONNECT"';
      assert.ok(counted.some((it) => it.startsWith(`aetherconnect_rpc_seconds_count{${labels}}`)));
    });

    test("the id of a request goes along", async () => {
      const { users } = await withRequestId("an-id-1", () => auth.getUsers({ userIds: ["id"] }));
      assert.equal(users[0]?.id, "an-id-1");
    });

    test("responses come as bytes to who asks for them", async () => {
      const request = {
        $typeName: "aetherconnect.auth.v1.GetUsersRequest",
        userIds: ["1"],
      } as const;
      const bytes = await client.callRaw(AuthService.method.getUsers, request);
      const users = [
        { $typeName: "aetherconnect.auth.v1.UserSummary", id: "1", username: "", name: "user 1" },
      ] as const;
      const expected = toBinary(GetUsersResponseSchema, {
        $typeName: "aetherconnect.auth.v1.GetUsersResponse",
        users: [...users],
        hidingUserIds: [],
      });
      assert.deepEqual(Buffer.from(bytes), Buffer.from(expected));
      const large = { ...request, userIds: ["large"] };
      const error = await errorOf(client.callRaw(AuthService.method.getUsers, large));
      assert.equal(error.code, Code.ResourceExhausted);
    });

    test("response headers are there for who looks", async () => {
      let type: string | null | undefined;
      const onHeader = (headers: Headers) => {
        type = headers.get("content-type");
      };
      await auth.getUsers({ userIds: ["1"] }, { onHeader });
      assert.equal(type, "application/proto");
    });

    test("health is answered", async () => {
      const health = createClient(Health, client.transport);
      const { status } = await health.check({});
      assert.equal(status, HealthCheckResponse_ServingStatus.SERVING);
      assert.equal((await errorOf(health.check({ service: "none" }))).code, Code.NotFound);
    });

    test("a server that isn't there is the cause of what fails", async () => {
      const gone = createRpcClient({
        url: "http://127.0.0.1:1",
        audience: "auth",
        serviceTokens: tokens,
        hasFastPath: url === fast.url,
      });
      const error = await errorOf(createClient(AuthService, gone.transport).getUsers({}));
      assert.equal(error.code, Code.Unavailable);
      assert.ok(error.cause instanceof Error && "code" in error.cause);
      assert.equal(error.cause.code, "ECONNREFUSED");
    });
  });
}

test("10,000 calls that are reset while they wait leave nothing behind", async () => {
  const { auth, url, waiting, arrived } = fast;
  const request = Buffer.from(`\n\x04${waits}`);
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const used: number[] = [];
  for (let round = 0; round < 50; round++) {
    // A server ends a connection on which more than that are reset.
    const session = connect(url);
    waiting.length = 0;
    const streams = Array.from({ length: 200 }, () => {
      const path = "/aetherconnect.auth.v1.AuthService/RefreshSession";
      const type = "application/proto";
      const stream = session.request({ ":method": "POST", ":path": path, "content-type": type });
      return stream.on("error", () => undefined).end(request);
    });
    while (waiting.length < streams.length) await arrived();
    const heard = waiting.map(({ signal }) => once(signal, "abort"));
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(heard);
    session.destroy();
    if (round % 10 !== 9) continue;
    await new Promise(setImmediate);
    collectGarbage();
    used.push(process.memoryUsage().heapUsed);
  }
  assert.equal((await auth.getUsers({ userIds: ["1"] })).users.length, 1);
  // The test's own log grows by less than 1,000; a call that is kept would be 7,000.
  const grown = ((used.at(-1) ?? 0) - (used[0] ?? 0)) / 8_000;
  assert.ok(grown < 2_000, `${grown} bytes a call`);
});

for (const hasFastPath of [true, false]) {
  const path = hasFastPath ? "the fast path" : "Connect's own path";

  test(`a server that closes lets calls finish, and tells them: ${path}`, async () => {
    const { auth, server, arrived } = await start(hasFastPath);
    const call = auth.refreshSession({ refreshToken: finishes });
    await arrived();
    await server.close();
    await call;
  });

  test(`what a server answers badly is no answer: ${path}`, async () => {
    let answer: (stream: ServerHttp2Stream) => void = () => undefined;
    const bad = createServer().on("stream", (stream) => answer(stream));
    await once(bad.listen(0, "127.0.0.1"), "listening");
    const address = bad.address();
    assert.ok(typeof address === "object" && address);
    const client = createRpcClient({
      url: `http://127.0.0.1:${address.port}`,
      audience: "auth",
      serviceTokens: tokens,
      hasFastPath,
    });
    const auth = createClient(AuthService, client.transport);
    const proto = { ":status": 200, "content-type": "application/proto" };
    const respond = (head: OutgoingHttpHeaders, body: Uint8Array | string) => {
      answer = (stream) => {
        stream.on("error", () => undefined).respond(head);
        stream.end(body);
      };
      return errorOf(auth.getUsers({ userIds: ["1"] }));
    };
    const large = Buffer.alloc(8 * kib * kib + 1);
    for (const [error, code] of [
      [await respond(proto, Buffer.from([10, 5])), Code.Internal],
      [await respond(proto, large), Code.ResourceExhausted],
      [await respond({ ...proto, "content-encoding": "br" }, ""), Code.Internal],
      [await respond({ ":status": 200, "content-type": "text/html" }, "<p>"), Code.Unknown],
      [await respond({ ":status": 502, "content-type": "text/html" }, "<p>"), Code.Unavailable],
      [
        await respond({ ":status": 503, "content-type": "application/json" }, "["),
        Code.Unavailable,
      ],
      [
        await respond({ ":status": 404, "content-type": "application/json" }, '{"code":"aborted"}'),
        Code.Aborted,
      ],
    ] as const) {
      assert.equal(error.code, code, error.message);
    }
    // Broken off, it may have been anything.
    const brokenOff = [await respond({ ...proto, "content-length": 9 }, "\n")];
    answer = (stream) => {
      stream.on("error", () => undefined).respond(proto);
      stream.write("\n");
      setImmediate(() => stream.session?.destroy());
    };
    brokenOff.push(await errorOf(auth.getUsers({ userIds: ["1"] })));
    for (const error of brokenOff) assert.equal(fromConnectError(error).code, "UNAVAILABLE");
    client.close();
    bad.close();
  });
}

/** What a server says to a request, but for the time. */
async function ask(
  url: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array | undefined,
): Promise<object> {
  const session = connect(url);
  session.on("error", () => undefined);
  const stream = session.request(
    {
      ":method": "POST",
      ":path": `/aetherconnect.auth.v1.AuthService/${path}`,
      "content-type": "application/proto",
      ...headers,
    },
    { endStream: body === undefined },
  );
  let answer: object = {};
  const chunks: Buffer[] = [];
  stream.on("error", () => undefined);
  stream.on("response", ({ date: _, ...head }) => {
    answer = head;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (body) stream.end(body);
  await new Promise((resolve) => stream.once("close", resolve));
  session.destroy();
  const text = Buffer.concat(chunks).toString("latin1");
  return stream.rstCode ? { rstCode: stream.rstCode } : { ...answer, body: text };
}

describe("both paths answer alike", async () => {
  const service = { authorization: `Bearer ${await tokens.issue("auth")}` };
  const userIds = (...ids: string[]) =>
    toBinary(GetUsersRequestSchema, {
      $typeName: "aetherconnect.auth.v1.GetUsersRequest",
      userIds: ids,
    });
  const refresh = (bytes: number) =>
    toBinary(RefreshSessionRequestSchema, {
      $typeName: "aetherconnect.auth.v1.RefreshSessionRequest",
      refreshToken: "x".repeat(bytes - 4),
    });
  const blank = toBinary(UpdateProfileRequestSchema, {
    $typeName: "aetherconnect.auth.v1.UpdateProfileRequest",
    firstName: " ",
  });
  const session = toBinary(CheckSessionRequestSchema, {
    $typeName: "aetherconnect.auth.v1.CheckSessionRequest",
    sessionId: "1",
  });
  const one = userIds("1");
  const limit = 256 * kib;

  const cases: [string, number | { rstCode: number }, string, OutgoingHttpHeaders, Uint8Array?][] =
    [
      ["a call", 200, "GetUsers", service, one],
      ["a call without a body", 200, "GetUsers", service],
      ["a request with an empty body", 200, "GetUsers", service, new Uint8Array()],
      ["a query after the path", 200, "GetUsers?x=1", service, one],
      ["a method without a handler", 501, "RotateSigningKeys", service],
      ["a method that isn't", 404, "Nothing", service, one],
      ["another verb", 405, "GetUsers", { ...service, ":method": "PUT" }, one],
      [
        "a type with a parameter",
        415,
        "GetUsers",
        { ...service, "content-type": "application/proto; a=b" },
        one,
      ],
      [
        "no compression by name",
        200,
        "GetUsers",
        { ...service, "content-encoding": "identity" },
        one,
      ],
      ["an unknown compression", 501, "GetUsers", { ...service, "content-encoding": "br" }, one],
      [
        "a client that waits for leave to send",
        200,
        "GetUsers",
        { ...service, expect: "100-continue" },
        one,
      ],
      ["no token", 401, "GetUsers", {}, one],
      ["a user's token", 403, "GetUsers", asUser.headers, one],
      ["a service's token for a user's method", 401, "FindUser", service, one],
      [
        "a token twice",
        401,
        "GetUsers",
        { authorization: [service.authorization, "Bearer x"].join(", ") },
        one,
      ],
      [
        "a device twice",
        200,
        "CheckSession",
        {
          ...service,
          "x-client-address": ["1.2.3.4", "1.2.3.5"],
          "x-client-device": ["a device", "a device"],
        },
        session,
      ],
      [
        "a device",
        200,
        "CheckSession",
        { ...service, "x-client-address": "1.2.3.4", "x-client-device": "a device" },
        session,
      ],
      ["a broken rule", 400, "FindUser", asUser.headers],
      ["a reason that another stands for", 400, "UpdateProfile", asUser.headers, blank],
      ["a failure", 404, "GetSigningKeys", {}],
      ["an unexpected failure", 500, "GetUsers", service, userIds("unexpected")],
      ["an answer over 8 MiB", 429, "GetUsers", service, userIds("large")],
      ["the longest deadline", 200, "GetUsers", { ...service, "connect-timeout-ms": "10000" }, one],
      ...["10001", "99999999999", "1s", "-1", "1.5", ""].map(
        (it): [string, number, string, OutgoingHttpHeaders, Uint8Array] => [
          `a deadline of "${it}"`,
          400,
          "GetUsers",
          { ...service, "connect-timeout-ms": it },
          one,
        ],
      ),
      [
        "a deadline twice",
        400,
        "GetUsers",
        { ...service, "connect-timeout-ms": ["100", "200"] },
        one,
      ],
      [
        "a deadline that ends while it waits",
        504,
        "RefreshSession",
        { "connect-timeout-ms": "20" },
        Buffer.from(`\n\x04${waits}`),
      ],
      ["bytes that are no message", 500, "GetUsers", service, Buffer.from([255, 255, 255])],
      ["a message that is cut off", 500, "GetUsers", service, one.subarray(0, -1)],
      ["text that is no UTF-8", 500, "GetUsers", service, Buffer.from([10, 1, 255])],
      ["256 KiB", 200, "RefreshSession", {}, refresh(limit)],
      ["256 KiB and a byte", 429, "RefreshSession", {}, refresh(limit + 1)],
      [
        "256 KiB and a byte, announced",
        429,
        "RefreshSession",
        { "content-length": limit + 1 },
        refresh(limit + 1),
      ],
      ["an announced body", 200, "GetUsers", { ...service, "content-length": one.length }, one],
      [
        "less than was announced",
        { rstCode: 1 },
        "GetUsers",
        { ...service, "content-length": one.length + 1 },
        one,
      ],
      [
        "more than was announced",
        { rstCode: 2 },
        "GetUsers",
        { ...service, "content-length": one.length - 1 },
        one,
      ],
    ];
  for (const [name, expected, path, headers, body] of cases) {
    test(name, async () => {
      const answer = await ask(fast.url, path, headers, body);
      assert.deepEqual(answer, await ask(stock.url, path, headers, body));
      if (typeof expected === "object") assert.deepEqual(answer, expected);
      else assert.equal(":status" in answer && answer[":status"], expected);
    });
  }
});
