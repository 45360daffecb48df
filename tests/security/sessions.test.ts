import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, disconnected, newSocket, wsToken } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("refresh tokens", () => {
  test("20 rounds of 50 at once: one wins, 49 are answered with the race, the session goes on", async () => {
    const user = await registerUser(platform);
    for (let round = 0; round < 20; round++) {
      const refreshToken = user.client.cookie("refreshToken") ?? "";
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          user.client.request("POST", "/api/auth/refresh", {
            headers: { cookie: `refreshToken=${refreshToken}` },
            withoutCookies: true,
          }),
        ),
      );
      const won = answers.filter((it) => it.status === 200);
      const races = answers.filter((it) => it.body.code === "REFRESH_RACE");
      assert.deepEqual([won.length, races.length], [1, 49], `round ${round}`);
      for (const { setCookies } of races) assert.deepEqual(setCookies, []);
      for (const cookie of won[0]?.setCookies ?? []) {
        user.client.jar.setCookieSync(cookie, platform.gatewayUrl);
      }
      assert.equal((await user.client.get("/api/auth/profile")).status, 200);
    }
  });

  test("a stolen one, used a second time, ends the session for thief and owner alike", async () => {
    const user = await registerUser(platform);
    const stolen = user.client.cookie("refreshToken") ?? "";
    for (let i = 0; i < 2; i++)
      assert.equal((await user.client.post("/api/auth/refresh")).status, 200);
    const socket = await connectSocket(platform.messageUrl, user);
    const cut = disconnected(socket);
    const theft = await platform.client().post("/api/auth/refresh", { refreshToken: stolen });
    assert.equal(theft.body.code, "TOKEN_REUSED");
    assert.equal(await cut, "io server disconnect");
    assert.equal((await user.client.get("/api/auth/profile")).status, 401);
    assert.equal((await user.client.post("/api/auth/refresh")).status, 401);
  });
});

describe("after the 200 of logout", () => {
  test("no request that begins later passes the same gateway, in 200 rounds under load", async () => {
    const user = await registerUser(platform);
    const { email, password } = user;
    let succeeded = 0;
    for (let round = 0; round < 200; round += 10) {
      // Ten at a time: each a login of its own, busy while it logs out.
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const client = platform.client();
          assert.equal((await client.post("/api/auth/login", { email, password })).status, 200);
          const access = client.cookie("accessToken") ?? "";
          const ws = (await client.get("/api/auth/ws-token")).body.token;
          const busy = Array.from({ length: 3 }, () => client.get("/api/rooms"));
          assert.equal((await client.post("/api/auth/logout")).status, 200);
          const later = await Promise.all([
            platform.client().get("/api/auth/profile", bearer(access)),
            platform.client().get("/api/rooms", bearer(access)),
            platform.client().get("/api/auth/ws-token", bearer(access)),
          ]);
          succeeded += later.filter((it) => it.status !== 401).length;
          if (round === 0) {
            const socket = newSocket(platform.messageUrl, ws);
            const outcome = await new Promise((resolve) => {
              socket.on("connected", () => resolve("connected"));
              socket.on("error", ({ code }) => resolve(code));
              socket.connect();
            });
            // The message service hears of it by the feed: within a second, mostly at once.
            if (outcome === "connected") await disconnected(socket);
            socket.disconnect();
          }
          await Promise.all(busy);
        }),
      );
    }
    assert.equal(succeeded, 0);
  });

  test("sockets are closed on both of two message instances, and dead everywhere", async () => {
    await using second = await platform.startMessage();
    await using otherGateway = await platform.startGateway();
    const user = await registerUser(platform);
    const sockets = await Promise.all([
      connectSocket(platform.messageUrl, user),
      connectSocket(second.httpUrl, user),
      connectSocket(platform.gatewayUrl, user),
      connectSocket(second.httpUrl, user, { transports: ["polling"] }),
    ]);
    const access = user.client.cookie("accessToken") ?? "";
    const startedAt = performance.now();
    const cut = Promise.all(sockets.map(disconnected));
    assert.equal((await user.client.post("/api/auth/logout")).status, 200);
    for (const reason of await cut) assert.equal(reason, "io server disconnect");
    const ms = performance.now() - startedAt;
    assert.ok(ms < 3_000, `cut after ${Math.round(ms)} ms`);
    const elsewhere = createHttpClient(otherGateway.url);
    while ((await elsewhere.get("/api/auth/profile", bearer(access))).status === 200) {
      assert.ok(performance.now() - startedAt < 3_000, "still let in by another gateway");
    }
    const metrics = await (await fetch(`${second.httpUrl}/metrics`)).text();
    assert.match(metrics, /aetherconnect_session_cut_seconds_count\{service="message"\} 2/);
  });

  test("who logs in, connects and is logged out at the same moment doesn't slip through", async () => {
    const user = await registerUser(platform);
    const { email, password } = user;
    for (let round = 0; round < 20; round++) {
      const client = platform.client();
      await client.post("/api/auth/login", { email, password });
      const token = (await client.get("/api/auth/ws-token")).body.token;
      const socket = newSocket(platform.messageUrl, token);
      const over = Promise.race([
        disconnected(socket),
        new Promise((resolve) => socket.once("connect_error", resolve)),
      ]);
      socket.connect();
      await client.post("/api/auth/logout");
      await over;
      socket.disconnect();
    }
  });
});

describe("auth is away", () => {
  let lone: Platform;
  let user: TestUser;
  before(async () => {
    lone = await startPlatform();
    user = await registerUser(lone);
  });
  after(() => lone[Symbol.asyncDispose]());

  test("what can't be judged is 503 and never let in, nor 401; sockets chat on", async () => {
    const general = (await user.client.get("/api/rooms/public")).body.rooms[0].id;
    const socket = await connectSocket(lone.messageUrl, user);
    await socket.emitWithAck("join_room", { roomId: general });
    const token = await wsToken(user);
    await lone.auth.stop();
    let statuses: Set<number>;
    do {
      statuses = new Set(
        await Promise.all(
          ["/api/rooms", "/api/rooms/public", "/api/auth/profile"].map(
            async (path) => (await user.client.get(path)).status,
          ),
        ),
      );
      for (const status of statuses) assert.ok([200, 503].includes(status), String(status));
      // The feed is fresh for a moment longer.
    } while (statuses.has(200));
    const listRooms = () =>
      fetch(`${lone.messageRpcUrl}/aetherconnect.message.v1.RoomService/ListRooms`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${user.client.cookie("accessToken")}`,
        },
        body: "{}",
      });
    // So is this one's own.
    let rpc = await listRooms();
    while (rpc.status === 200) rpc = await listRooms();
    assert.equal(rpc.status, 503);
    const late = newSocket(lone.messageUrl, token);
    const refusal = new Promise((resolve) => late.once("error", ({ code }) => resolve(code)));
    late.connect();
    assert.equal(await refusal, "UNAVAILABLE");
    late.disconnect();
    const sent = await socket.emitWithAck("send_message", { roomId: general, content: "still on" });
    assert.equal(sent.success, true);
    const logout = await user.client.post("/api/auth/logout");
    assert.equal(logout.status, 503);
    assert.deepEqual(logout.setCookies, []);
    await lone.auth.start();
    while ((await user.client.get("/api/rooms")).status !== 200);
    assert.ok(socket.connected);
    socket.disconnect();
  });
});

describe("several auth instances", () => {
  test("what one ends the other's followers hear, and keys are one", async () => {
    await using second = await platform.startAuth();
    await using gateway = await platform.startGateway({ authUrl: second.rpcUrl });
    await using message = await platform.startMessage({ authUrl: second.rpcUrl });
    const user = await registerUser(platform);
    const access = user.client.cookie("accessToken") ?? "";
    const there = createHttpClient(gateway.url);
    assert.equal((await there.get("/api/auth/profile", bearer(access))).status, 200);
    const socket = await connectSocket(message.httpUrl, user);
    const cut = disconnected(socket);
    assert.equal((await user.client.post("/api/auth/logout")).status, 200);
    assert.equal(await cut, "io server disconnect");
    while ((await there.get("/api/auth/profile", bearer(access))).status !== 401);
  });

  test("50 refreshes of one token over both: one wins", async () => {
    await using second = await platform.startAuth();
    await using gateway = await platform.startGateway({ authUrl: second.rpcUrl });
    const user = await registerUser(platform);
    const refreshToken = user.client.cookie("refreshToken") ?? "";
    const clients = [platform.client(), createHttpClient(gateway.url)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (clients[i % 2] ?? platform.client()).post("/api/auth/refresh", { refreshToken }),
      ),
    );
    const codes = answers.map((it) => (it.status === 200 ? "OK" : it.body.code));
    assert.equal(codes.filter((code) => code === "OK").length, 1);
    assert.equal(codes.filter((code) => code === "REFRESH_RACE").length, 49);
  });
});

test("SERVICE_SECRET is replaced service by service, and nobody is refused meanwhile", async () => {
  const fresh = randomBytes(32).toString("hex");
  const old = platform.serviceSecret;
  const user = await registerUser(platform);
  const token = user.client.cookie("accessToken") ?? "";
  // Each service is started anew with new,old while the others still know the old one only.
  const both = { serviceSecrets: [old, fresh] satisfies [string, string] };
  const turned = { serviceSecrets: [fresh, old] satisfies [string, string] };
  const only = { serviceSecrets: [fresh] satisfies [string] };
  const steps = [
    [both, {}, {}],
    [both, both, both],
    [turned, both, both],
    [turned, turned, turned],
    [only, turned, turned],
    [only, only, only],
  ] as const;
  for (const [auth, message, gateway] of steps) {
    await using stack = new AsyncDisposableStack();
    const runningAuth = stack.use(await platform.startAuth(auth));
    const authUrl = runningAuth.rpcUrl;
    const runningMessage = stack.use(await platform.startMessage({ authUrl, ...message }));
    const runningGateway = stack.use(
      await platform.startGateway({
        authUrl,
        messageRpcUrls: [runningMessage.rpcUrl],
        messageUrls: [runningMessage.httpUrl],
        ...gateway,
      }),
    );
    const client = createHttpClient(runningGateway.url);
    assert.equal((await client.get("/api/rooms", bearer(token))).status, 200);
    assert.equal((await client.get("/api/auth/profile", bearer(token))).status, 200);
    const fine = await client.post("/api/auth/login", {
      email: user.email,
      password: user.password,
    });
    assert.equal(fine.status, 200);
    const mine: TestUser = { ...user, client };
    (await connectSocket(runningGateway.url, mine)).disconnect();
  }
});
