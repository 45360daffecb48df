import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { createOperations } from "#common/http/operations.ts";
import { type HttpServerOptions, startHttpServer } from "#common/http/server.ts";
import { createMetrics } from "#common/metrics.ts";
import { AppError } from "#contract/errors.ts";
import { createTestLog } from "#tools/rig/log.ts";

async function start(options: Partial<HttpServerOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const log = stack.use(createTestLog("http"));
  const operations = createOperations({
    dependencies: {},
    metrics: createMetrics("test"),
    metricsToken: undefined,
  });
  const server = await startHttpServer({
    port: 0,
    host: "127.0.0.1",
    portSetting: "TEST_PORT",
    operations,
    log: log.log,
    ...options,
  });
  stack.defer(() => server.close(1_000));
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The head of the answer to a request for an upgrade. */
function upgrade(port: number, path: string, protocol: string): Promise<string> {
  return send(
    port,
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
      "X-Request-Id: the-one\r\n\r\n",
  );
}

/** All that is answered to a text until the connection ends. */
async function send(port: number, sent: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(sent);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}

describe("an HTTP port", () => {
  test("answers what it doesn't know with the error body, its request id and nosniff", async () => {
    await using port = await start();
    const answer = await fetch(`${port.url}/nothing`, { headers: { "x-request-id": "the-one" } });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("x-request-id"), "the-one");
    const body = JSON.parse(await answer.text());
    assert.deepEqual([body.success, body.code, body.requestId], [false, "NOT_FOUND", "the-one"]);
    const health = await fetch(`${port.url}/health`);
    assert.equal(health.headers.get("x-content-type-options"), "nosniff");
    assert.ok(health.headers.get("x-request-id"));
  });

  test("answers what a part throws, and nothing of the inside", async () => {
    const failures = [new AppError("BUSY"), new Error("secret inside")];
    await using port = await start({
      handle: async () => {
        throw failures.shift();
      },
    });
    const busy = await fetch(port.url);
    assert.deepEqual([busy.status, busy.headers.get("retry-after")], [503, "1"]);
    const broken = await fetch(port.url);
    assert.equal(broken.status, 500);
    assert.doesNotMatch(await broken.text(), /secret/);
  });

  test("gives what it can't read a request id too, and nothing in the middle of an answer", async () => {
    await using port = await start({
      handle: (_req, res) => {
        res.writeHead(200, { "content-length": 10 });
        res.write("half ");
      },
    });
    const large = `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${"a".repeat(17_000)}\r\n\r\n`;
    const requestId = /\r\nx-request-id: [0-9a-f-]{36}\r\n/;
    const refused = await send(port.server.port, large);
    assert.match(refused, /^HTTP\/1.1 431 /);
    assert.match(refused, requestId);
    const garbage = await send(port.server.port, "garbage\r\n\r\n");
    assert.match(garbage, /^HTTP\/1.1 400 /);
    assert.match(garbage, requestId);
    const socket = connect(port.server.port, "127.0.0.1").setEncoding("utf8");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let [text] = await once(socket, "data");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.write("garbage\r\n\r\n");
    await once(socket, "close");
    assert.match(text, /^HTTP\/1.1 200 .*half $/s);
  });

  test("passes over upgrades that are not WebSockets, and refuses those of other paths", async () => {
    const sockets = {
      handle: () => undefined,
      upgrade: () => {
        throw new AppError("ORIGIN_FORBIDDEN");
      },
    };
    await using port = await start({ sockets });
    const { port: number } = port.server;
    assert.match(await upgrade(number, "/health", "h2c"), /^HTTP\/1\.1 200 /);
    const elsewhere = await upgrade(number, "/chat", "websocket");
    assert.match(elsewhere, /^HTTP\/1\.1 404 /);
    assert.match(elsewhere, /nosniff.*"requestId":"the-one"/s);
    assert.match(await upgrade(number, "/socket.io/", "WebSocket"), /^HTTP\/1\.1 403 .*ORIGIN/s);
  });

  test("lets what is under way finish when it closes, and takes nothing new", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await using port = await start({
      async handle(_req, res) {
        reach();
        await released;
        res.end("done");
      },
    });
    const answered = fetch(port.url).then((it) => it.text());
    await reached;
    const closed = port.server.close(60_000);
    release();
    assert.equal(await answered, "done");
    await closed;
    const refused = request(port.url);
    refused.end();
    await assert.rejects(once(refused, "response"), { code: "ECONNREFUSED" });
  });

  test("ends what doesn't finish in time", async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await using port = await start({ handle: () => reach() });
    const hanging = assert.rejects(fetch(port.url));
    await reached;
    await port.server.close(1);
    await hanging;
  });

  test("closes in time though a client whose upgrade was refused keeps its end open", async () => {
    const refuse = () => {
      throw new AppError("UNAVAILABLE");
    };
    const { server } = await start({ sockets: { handle: () => undefined, upgrade: refuse } });
    const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write("GET /socket.io/ HTTP/1.1\r\nHost: a\r\n");
    socket.write("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await once(socket.resume(), "end");
    await server.close(100);
    socket.destroy();
  });
});
