import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { startAuth } from "#auth/service.ts";
import { StartError } from "#common/lifecycle.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import {
  as,
  codeOf,
  loginUser,
  password,
  registerUser,
  startFresh,
  startTestAuth,
  testConfig,
} from "./harness.ts";

const direct = await shared(startFresh());
const proxy = await shared(startTcpProxy(direct.database.url));
const auth = await shared(startTestAuth({ ...direct.config, databaseUrl: proxy.url }));

const health = async () => (await fetch(`${auth.running.httpUrl}/health/ready`)).status;

test("without PostgreSQL every call is unavailable, none unauthenticated; then all is well", async () => {
  const { user, tokens } = await registerUser(auth.client);
  assert.equal(await health(), 200);
  proxy.refuse();
  const me = as(tokens.accessToken);
  const { refreshToken } = tokens;
  const calls = {
    getProfile: auth.client.getProfile({}, me),
    logout: auth.client.logout({}, me),
    login: auth.client.login({ username: user.username, password }),
    refresh: auth.client.refreshSession({ refreshToken }),
    check: auth.client.checkSession({ sessionId: "00000000-0000-0000-0000-000000000000" }),
    end: auth.client.endSessionByRefreshToken({ refreshToken }),
    rotate: auth.client.rotateSigningKeys({}),
    users: auth.client.getUsers({ userIds: [user.id] }),
    // Nothing to ask the database for.
    badToken: auth.client.getProfile({}, as("x")),
  };
  const codes = Object.entries(calls).map(async ([name, call]) => [name, await codeOf(call)]);
  const { badToken, ...rest } = Object.fromEntries(await Promise.all(codes));
  assert.equal(badToken, "UNAUTHENTICATED");
  for (const [name, code] of Object.entries(rest)) {
    // The session of a token is remembered nowhere, so nothing could be judged.
    assert.equal(code, "UNAVAILABLE", name);
  }
  while ((await health()) !== 503);
  const live = await fetch(`${auth.running.httpUrl}/health/live`);
  assert.equal(live.status, 200);
  proxy.restore();
  while ((await health()) !== 200);
  assert.equal(await codeOf(auth.client.getProfile({}, me)), "OK");
  assert.equal(await codeOf(auth.client.refreshSession({ refreshToken })), "OK");
});

test("connections that the server ends are made again", async () => {
  const { user, tokens } = await registerUser(direct.client);
  await direct.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  );
  // The pool may learn of it only when it uses the connection.
  const codes: string[] = [];
  do codes.push(await codeOf(direct.client.getProfile({}, as(tokens.accessToken))));
  while (codes.at(-1) !== "OK");
  assert.ok(
    codes.slice(0, -1).every((code) => code === "UNAVAILABLE"),
    String(codes),
  );
  await loginUser(direct.client, user.username);
});

test("a lock that is held too long makes calls unavailable, and nothing else", async () => {
  const { tokens } = await registerUser(direct.client);
  const { refreshToken } = tokens;
  const holding = direct.database.query("begin; lock auth.sessions; select pg_sleep(3.2); commit");
  let code = "OK";
  while (code === "OK") {
    code = await codeOf(direct.client.getProfile({}, as(tokens.accessToken)));
  }
  assert.equal(code, "UNAVAILABLE");
  await holding;
  assert.equal(await codeOf(direct.client.refreshSession({ refreshToken })), "OK");
});

test("two instances may start on an empty database at once", async () => {
  const { createTestDatabase } = await import("#tools/rig/database.ts");
  await using database = await createTestDatabase();
  const config = testConfig(database.url);
  const [one, two] = await Promise.all([startTestAuth(config), startTestAuth(config)]);
  try {
    const { tokens } = await registerUser(one.client);
    assert.equal(await codeOf(two.client.getProfile({}, as(tokens.accessToken))), "OK");
    assert.equal((await two.client.getSigningKeys({})).keys.length, 1);
  } finally {
    await Promise.all([one, two].map((it) => it[Symbol.asyncDispose]()));
  }
});

test("a start waits for PostgreSQL", async () => {
  proxy.refuse();
  // Others on this proxy try again and again, too; they are refused no less.
  const starting = startTestAuth(auth.config);
  for (let i = 0; i < 3; i++) await proxy.refusal();
  proxy.restore();
  await using started = await starting;
  await registerUser(started.client);
});

test("a start that can't succeed says in one line what to do", async () => {
  const url = new URL(direct.database.url);
  url.pathname = "/no_such_database";
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const isClear = (mentions: RegExp) => (error: unknown) =>
    error instanceof StartError && mentions.test(error.message) && !error.message.includes("\n");
  await assert.rejects(startAuth(testConfig(url.href)), isClear(/DATABASE_URL/));
  const config = direct.config;
  await assert.rejects(startAuth({ ...config, rpcPort: port }), isClear(/AUTH_SERVICE_GRPC_PORT/));
  await assert.rejects(startAuth({ ...config, httpPort: port }), isClear(/AUTH_SERVICE_HTTP_PORT/));
  taken.close();
});

test("a service that stops finishes what is under way, and ends its streams", async () => {
  const stopping = await startTestAuth(direct.config);
  const { user } = await registerUser(stopping.client);
  const stream = stopping.client.watchRevocations({}, { timeoutMs: 0 })[Symbol.asyncIterator]();
  await stream.next();
  const login = loginUser(stopping.client, user.username);
  await stopping.client.getSigningKeys({});
  const stopped = stopping.running[Symbol.asyncDispose]();
  assert.ok((await login).tokens.accessToken);
  const drained = async () => {
    while (!(await stream.next()).done);
  };
  await drained().catch(() => undefined);
  await stopped;
  assert.equal(await codeOf(stopping.client.getSigningKeys({})), "UNAVAILABLE");
  await stopping[Symbol.asyncDispose]();
});
