import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createRpcClient } from "#common/rpc/client.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { Health, HealthCheckResponse_ServingStatus } from "#rpc";
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
