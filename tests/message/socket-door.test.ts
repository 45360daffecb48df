import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { after, before, describe, test } from "node:test";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { disconnected, newSocket, next } from "../harness/sockets.ts";
import { type Stage, setStage, type TestUser } from "./harness/stage.ts";
import { type StandInAuth, startStandInAuth } from "./harness/stand-in-auth.ts";

let stage: Stage;
let auth: StandInAuth;
let ada: TestUser;
let roomId: string;
before(async () => {
  stage = await setStage(
    { handshakesPerMinute: 1_000 },
    {
      async startAuth(config) {
        auth = await startStandInAuth(config);
        return auth;
      },
    },
  );
  ada = await stage.auth.newUser();
  roomId = await stage.newRoom([ada]);
});
after(() => stage[Symbol.asyncDispose]());

/** Everything that a socket gets until it is closed, and why it was. */
async function untilClosed(token: unknown) {
  const socket = newSocket(stage.message.httpUrl, "");
  socket.auth = token === undefined ? {} : { token };
  const seen: unknown[] = [];
  socket.onAny((event, payload) => seen.push([event, payload]));
  const closed = disconnected(socket);
  socket.connect();
  // Sent at once: nobody may hear of it.
  socket.emit("join_room", { roomId }, () => seen.push("an answer"));
  return { reason: await closed, seen };
}

/** Status and body of a Socket.IO handshake by polling. */
async function handshake(headers: Record<string, string>, base = stage.message.httpUrl) {
  const response = await fetch(`${base}/socket.io/?EIO=4&transport=polling`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends an untyped event, as a client that doesn't know the contract would. */
async function emitRaw(name: string, ...args: unknown[]): Promise<unknown> {
  const socket = await stage.connect(ada);
  // The typed socket refuses what is wrong on purpose here.
  return (
    socket as unknown as { emitWithAck: (...all: unknown[]) => Promise<unknown> }
  ).emitWithAck(name, ...args);
}

describe("tokens", () => {
  test("a bad one gets one error and the server's disconnect", async () => {
    const unauthenticated = ["error", { code: "UNAUTHENTICATED", message: "Unauthorized" }];
    const wsToken = await auth.wsToken(ada);
    const bad = [undefined, "", 7, null, ["x"], { a: 1 }, "x".repeat(9_000), `${wsToken}x`];
    for (const token of [...bad, await auth.accessToken(ada)]) {
      assert.deepEqual(await untilClosed(token), {
        reason: "io server disconnect",
        seen: [unauthenticated],
      });
    }
  });

  test("an expired one is told apart", async () => {
    assert.deepEqual(await untilClosed(await auth.wsToken(ada, -30)), {
      reason: "io server disconnect",
      seen: [["error", { code: "TOKEN_EXPIRED", message: "Unauthorized" }]],
    });
  });

  test("one in the URL isn't looked at", async () => {
    const token = await auth.wsToken(ada);
    const socket = newSocket(stage.message.httpUrl, "", { query: { token } });
    const refused = next(socket, "error");
    socket.connect();
    assert.equal((await refused).code, "UNAUTHENTICATED");
  });
});

describe("events", () => {
  test("that aren't in the contract fail, with and without callback", async () => {
    const answer = await emitRaw("no_such_event", {});
    assert.deepEqual(answer, {
      success: false,
      code: "VALIDATION_FAILED",
      message: "Validation failed",
      details: [{ path: "", message: 'there is no event "no_such_event"' }],
    });
    for (const name of ["error", "constructor", "__proto__", "connected", "new_message"]) {
      const socket = await stage.connect(ada);
      const failed = next(socket, "error");
      socket.emit(name as "join_room", { roomId }, undefined as never);
      const { code, event } = await failed;
      assert.deepEqual({ code, event }, { code: "VALIDATION_FAILED", event: name });
    }
  });

  test("need a plain object with known fields of the right types", async () => {
    const bad: unknown[] = [undefined, null, "text", 7, true, [], [roomId], Buffer.from("x")];
    for (const payload of bad) {
      const answer = await emitRaw("join_room", ...(payload === undefined ? [] : [payload]));
      assert.equal((answer as { code: string }).code, "VALIDATION_FAILED", String(payload));
    }
    const cases: [object, string][] = [
      [{}, "roomId"],
      [{ roomId: 7 }, "roomId"],
      [{ roomId, more: 1 }, "more"],
      [{ roomId, afterSeq: "1" }, "afterSeq"],
      [{ roomId, afterSeq: -1 }, "afterSeq"],
      [{ roomId: Buffer.from("x") }, "roomId"],
    ];
    for (const [payload, path] of cases) {
      const answer = await emitRaw("join_room", payload);
      const { code, details } = answer as { code: string; details: { path: string }[] };
      assert.equal(code, "VALIDATION_FAILED");
      assert.deepEqual(
        details.map((it) => it.path),
        [path],
      );
    }
  });

  test("that fail without a callback arrive as error, with what they were about", async () => {
    const socket = await stage.connect(ada);
    const failed = next(socket, "error");
    socket.emit("typing_start", { roomId });
    assert.deepEqual(await failed, {
      code: "NOT_IN_ROOM",
      message: "Not in this room",
      event: "typing_start",
      roomId,
    });
  });

  test("over 64 KiB fail and the socket lives, a frame over 256 KiB closes it", async () => {
    const socket = await stage.connect(ada);
    const large = { roomId, content: "x".repeat(70_000) };
    const answer = await socket.emitWithAck("send_message", large);
    assert.deepEqual(answer, {
      success: false,
      code: "PAYLOAD_TOO_LARGE",
      message: "Payload too large",
    });
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    const closed = disconnected(socket);
    socket.emit("send_message", { roomId, content: "x".repeat(300_000) }, () => undefined);
    assert.equal(await closed, "transport close");
  });

  test("that are no Socket.IO close the connection, and only that one", async () => {
    const bystander = await stage.connect(ada);
    for (const bad of [
      "nonsense",
      '42["unfinished"',
      "2",
      '42{"a":1}',
      '451-["x"]',
      "9",
      "40/x,",
    ]) {
      const ws = new WebSocket(
        `${stage.message.httpUrl.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
      );
      await once(ws, "message");
      ws.send(`40${JSON.stringify({ token: await auth.wsToken(ada) })}`);
      await once(ws, "message");
      ws.send(bad);
      if (bad === "40/x," || bad === '451-["x"]') ws.close();
      await once(ws, "close");
    }
    assert.ok((await bystander.emitWithAck("join_room", { roomId })).success);
  });
});

describe("handshakes", () => {
  test("follow the Origin rule", async () => {
    const own = [
      { origin: "http://localhost:3004" },
      { origin: "http://127.0.0.1:3004" },
      { origin: "http://[::1]:3004" },
      { origin: "http://localhost:3000" },
      { "sec-fetch-site": "same-origin" },
      {},
    ];
    for (const headers of own) assert.equal((await handshake(headers)).status, 200);
    const foreign = [
      { origin: "null" },
      { origin: "https://evil.example" },
      { origin: "http://localhost:3005" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      const refused = await handshake({ ...headers, "x-request-id": "r-1" });
      assert.equal(refused.status, 403);
      assert.deepEqual(JSON.parse(refused.text), {
        success: false,
        statusCode: 403,
        message: "Origin not allowed (CLIENT_ORIGINS)",
        code: "ORIGIN_FORBIDDEN",
        requestId: "r-1",
      });
    }
    assert.equal(await upgradeStatus({ origin: "https://evil.example" }), 403);
    assert.equal(await upgradeStatus({ origin: "http://localhost:3004" }), 101);
  });

  test("are limited by client; the gateway says whose they are", async () => {
    await using limited = await stage.startAnother({ handshakesPerMinute: 3 });
    for (let i = 0; i < 3; i++) assert.equal((await handshake({}, limited.httpUrl)).status, 200);
    const refused = await handshake({}, limited.httpUrl);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.equal(JSON.parse(refused.text).message, "Too many requests");
    const token = await createServiceTokens("gateway", [stage.serviceSecret]).issue("message");
    const told = { authorization: `Bearer ${token}`, "x-client-address": "192.0.2.7" };
    assert.equal((await handshake(told, limited.httpUrl)).status, 200);
    const invented = { authorization: "Bearer nonsense", "x-client-address": "192.0.2.8" };
    assert.equal((await handshake(invented, limited.httpUrl)).status, 429);
  });

  test("that don't come to an end are closed", async () => {
    const url = new URL(stage.message.httpUrl);
    const socket = connectTcp(Number(url.port), url.hostname);
    socket.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\n");
    socket.resume();
    const ws = new WebSocket(
      `${stage.message.httpUrl.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    );
    await Promise.all([once(socket, "close"), once(ws, "close")]);
  });
});

function upgradeStatus(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const req = request(`${stage.message.httpUrl}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
        ...headers,
      },
    });
    req.on("response", (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on("upgrade", (res, socket) => {
      socket.destroy();
      resolve(res.statusCode);
    });
    req.on("error", reject);
    req.end();
  });
}
