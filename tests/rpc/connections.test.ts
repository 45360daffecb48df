import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Session,
} from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createRpcClient } from "#common/rpc/client.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { createRpcServer, Health, HealthCheckResponse_ServingStatus } from "#rpc";
import { openConnections } from "../../packages/rpc/src/connections.ts";
import { createOnePortServer, type OnePortServer } from "../../packages/rpc/src/one-port.ts";

const { SERVING } = HealthCheckResponse_ServingStatus;
const neverAnswers = "slow";

let slowCalls = 0;
let server: OnePortServer;
let port: number;
before(async () => {
  server = createOnePortServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(Health, {
          async check({ service }, { signal }) {
            if (service === neverAnswers) {
              slowCalls++;
              await once(signal, "abort");
            }
            return { status: SERVING };
          },
        }),
    }),
  );
  await once(server.server.listen(0, "127.0.0.1"), "listening");
  port = portOf(server.server.address());
});
after(() => server.close(0));

function portOf(address: AddressInfo | string | null): number {
  assert.ok(typeof address === "object" && address);
  return address.port;
}

/** Listens on a port of its own until the test is over, which then ends what is connected. */
async function open(
  listener: Server,
  connected: readonly { destroy: () => void }[],
  t: TestContext,
): Promise<number> {
  await once(listener.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    for (const it of connected) it.destroy();
    listener.close();
  });
  return portOf(listener.address());
}

function call(toPort: number, hasFastPath = true) {
  const { transport, close } = createRpcClient({
    url: `http://127.0.0.1:${toPort}`,
    audience: "auth",
    serviceTokens: createServiceTokens("gateway", ["x".repeat(32)]),
    hasFastPath,
  });
  return { client: createClient(Health, transport), [Symbol.dispose]: close };
}

const codeOf = (thrown: unknown) => ConnectError.from(thrown).code;

describe("calls of one service to another", () => {
  test("that wait, however many, hold up no others", async () => {
    using caller = call(port);
    const leaving = new AbortController();
    const before = slowCalls;
    const slow = Array.from({ length: 600 }, () =>
      caller.client
        .check({ service: neverAnswers }, { signal: leaving.signal, timeoutMs: 9_000 })
        .catch(codeOf),
    );
    while (slowCalls < before + 600) await caller.client.check({}, { timeoutMs: 9_000 });
    leaving.abort();
    assert.deepEqual(new Set(await Promise.all(slow)), new Set([Code.Canceled]));
  });

  test("that are given up, however many, end no others", async () => {
    using caller = call(port);
    for (let round = 0; round < 3; round++) {
      const before = slowCalls;
      const leaving = new AbortController();
      const slow = Array.from({ length: 300 }, () =>
        caller.client
          .check({ service: neverAnswers }, { signal: leaving.signal, timeoutMs: 9_000 })
          .catch(codeOf),
      );
      while (slowCalls < before + 300) await caller.client.check({}, { timeoutMs: 9_000 });
      const quick = Array.from({ length: 50 }, () => caller.client.check({}, { timeoutMs: 9_000 }));
      leaving.abort();
      await Promise.all(slow);
      for (const { status } of await Promise.all(quick)) assert.equal(status, SERVING);
    }
  });

  test("leave a connection on which nothing is heard any more", async (t) => {
    const relayed: Socket[] = [];
    const held: Buffer[] = [];
    let isMute = false;
    let release = (): unknown => undefined;
    const relay = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      const isFirst = relayed.length === 0;
      for (const socket of [near, far]) socket.on("error", () => undefined);
      relayed.push(near, far);
      near.on("data", (bytes) => far.write(bytes));
      far.on("data", (bytes) => (isFirst && isMute ? held.push(bytes) : near.write(bytes)));
      if (isFirst) release = () => near.write(Buffer.concat(held));
    });
    using caller = call(await open(relay, relayed, t));
    assert.equal((await caller.client.check({})).status, SERVING);
    isMute = true;
    const slowCall = caller.client.check({}, { timeoutMs: 9_000 });
    for (let i = 0; i < 2; i++) {
      const code = await caller.client.check({}, { timeoutMs: 600 }).then(() => "heard", codeOf);
      assert.equal(code, Code.DeadlineExceeded);
    }
    // The caller learns that the call has failed a moment before the connection does.
    await setImmediate();
    assert.equal((await caller.client.check({})).status, SERVING);
    // It was only slow: what was under way there is answered.
    release();
    assert.equal((await slowCall).status, SERVING);
  });

  for (const path of ["the fast path", "Connect's own path"]) {
    test(`leave a connection that takes no more, and are repeated on another, by ${path}`, async (t) => {
      const sessions: ServerHttp2Session[] = [];
      let isFull = false;
      const answer = connectNodeAdapter({
        routes: (router) => router.service(Health, { check: () => ({ status: SERVING }) }),
      });
      const full = createHttp2Server((req, res) => {
        const isFirst = req.stream.session === sessions[0];
        if (isFirst && isFull) req.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        else answer(req, res);
      });
      full.on("session", (session) => sessions.push(session));
      using caller = call(await open(full, sessions, t), path === "the fast path");
      assert.equal((await caller.client.check({})).status, SERVING);
      isFull = true;
      const answers = await Promise.all(Array.from({ length: 50 }, () => caller.client.check({})));
      assert.ok(answers.every(({ status }) => status === SERVING));
      assert.equal(sessions.length, 2);
    });
  }
});

/** Listens, and then takes no connection: further ones wait in vain, as behind a broken network. */
const takesNone = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

test("a connection that isn't there in time is given up, and its calls with it", async (t) => {
  const child = spawn(process.execPath, ["-e", takesNone], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [written] = await once(child.stdout, "data");
  const full = [1, 2, 3].map(() => connect(Number(written), "127.0.0.1"));
  t.after(() => full.map((it) => it.destroy()));
  await Promise.all(full.slice(0, 2).map((it) => once(it, "connect")));
  const connections = openConnections(`http://127.0.0.1:${written}`);
  await assert.rejects(async () => connections.open({ ":path": "/" }), /no connection in time/);
});

test("connections that are closed before they are there fail their calls, and nothing else", async () => {
  for (let turns = 0; turns < 4; turns++) {
    for (let i = 0; i < 50; i++) {
      const connections = openConnections(`http://127.0.0.1:${port}`);
      const opening = Promise.resolve(connections.open({ ":path": "/" }));
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      connections.close();
      // Where it was there before, the stream ends with it.
      await opening.then((stream) => once(stream, "close"), assert.ok);
    }
  }
});

test("a request names the scheme and the host of its server's URL", () => {
  const targetOf = (url: string) => openConnections(url).target;
  assert.deepEqual(targetOf("http://[::1]:50001/"), [
    ...[":scheme", "http"],
    ...[":authority", "[::1]:50001"],
  ]);
  assert.deepEqual(targetOf("https://rpc.example"), [
    ...[":scheme", "https"],
    ...[":authority", "rpc.example"],
  ]);
});

describe("connections of a server", () => {
  test("end with a client that is gone without a word", async () => {
    const socket = connect(port, "127.0.0.1");
    const emptySettings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(Buffer.from(emptySettings));
    await once(socket, "data");
    // As the kernel does for a process that was killed.
    socket.end();
    await once(socket.resume(), "close");
  });

  test("don't run a call of which only a part has come", async (t) => {
    let runs = 0;
    const handlers = {
      async updateProfile() {
        runs++;
        return {};
      },
    };
    const serving = createRpcServer({ implementations: [{ service: AuthService, handlers }] });
    const toPort = await open(serving.server, [], t);
    const socket = connect(toPort, "127.0.0.1");
    const [[accepted]] = await Promise.all([
      once(serving.server, "connection"),
      once(socket, "connect"),
    ]);
    const session = connectHttp2(`http://127.0.0.1:${toPort}`, { createConnection: () => socket });
    session.on("error", () => undefined);
    const call = session.request({
      ":method": "POST",
      ":path": `/${AuthService.typeName}/UpdateProfile`,
      "content-type": "application/proto",
    });
    call.on("error", () => undefined);
    // `firstName: "a"`, which is a message by itself, but isn't said to be all.
    call.write(Buffer.from([10, 1, 97]));
    await new Promise((resolve) => session.ping((...answer) => resolve(answer)));
    socket.destroySoon();
    await once(accepted, "close");
    await serving.close();
    assert.equal(runs, 0);
  });

  test("end with a server that was closing when they began", async (t) => {
    const closing = createOnePortServer(() => undefined);
    const toPort = await open(closing.server, [], t);
    const socket = connect(toPort, "127.0.0.1");
    await Promise.all([once(socket, "connect"), once(closing.server, "connection")]);
    const closed = closing.close(60_000);
    const session = connectHttp2(`http://127.0.0.1:${toPort}`, { createConnection: () => socket });
    await Promise.all([once(session, "close"), closed]);
  });
});
