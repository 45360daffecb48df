import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type IncomingMessage, Server } from "node:http";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AppError } from "#contract/errors.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { createTestLog } from "#tools/rig/log.ts";
import { frame, openRawWebSocket } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { disconnected, newSocket, next } from "#tools/rig/sockets.ts";
import { startServicesWithStandIn } from "./harness/services.ts";

const services = await shared(startServicesWithStandIn());
const { auth } = services;
const ada = await auth.newUser();
const roomId = await services.newRoom([ada]);

/** Everything that a socket gets until it is closed, and why it was. */
async function untilClosed(token: unknown) {
  const socket = newSocket(services.message.httpUrl, "");
  socket.auth = token === undefined ? {} : { token };
  const seen: unknown[] = [];
  socket.onAny((event, payload) => seen.push([event, payload]));
  const closed = disconnected(socket);
  socket.connect();
  // Sent at once: nobody may hear of it.
  socket.emit("join_room", { roomId }, () => seen.push("an answer"));
  return { reason: await closed, seen };
}

/** Sends an untyped event, as a client that doesn't know the contract would. */
async function emitRaw(name: string, ...args: unknown[]): Promise<unknown> {
  const socket = await services.connect(ada);
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

  test("an expired one has a code of its own", async () => {
    assert.deepEqual(await untilClosed(await auth.wsToken(ada, -30)), {
      reason: "io server disconnect",
      seen: [["error", { code: "TOKEN_EXPIRED", message: "Unauthorized" }]],
    });
  });

  test("one in the URL isn't looked at", async () => {
    const token = await auth.wsToken(ada);
    const socket = newSocket(services.message.httpUrl, "", { query: { token } });
    const refused = next(socket, "error");
    socket.connect();
    assert.equal((await refused).code, "UNAUTHENTICATED");
  });
});

describe("events", () => {
  test("that fail as the contract doesn't say are answered so, and logged", async () => {
    const testLog = createTestLog("message");
    const store = await openPostgresStore(services.database.url, testLog.log);
    const append = () => Promise.reject(new AppError("LIMIT_REACHED"));
    const overrides = { log: testLog.log, store: { ...store, append } };
    await using another = await services.startAnother({}, overrides);
    const socket = await services.connect(ada, { url: another.httpUrl });
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    const sent = await socket.emitWithAck("send_message", { roomId, content: "x" });
    assert.equal(sent.success === false && sent.code, "LIMIT_REACHED");
    const line =
      testLog
        .text()
        .split("\n")
        .find((it) => it.includes("undeclared failure")) ?? "{}";
    const { event, code, level } = JSON.parse(line);
    assert.deepEqual([event, code, level], ["send_message", "LIMIT_REACHED", "error"]);
  });

  test("that aren't in the contract fail, with and without callback", async () => {
    const answer = await emitRaw("no_such_event", {});
    assert.deepEqual(answer, {
      success: false,
      code: "VALIDATION_FAILED",
      message: "Validation failed",
      details: [{ path: "", message: 'there is no event "no_such_event"' }],
    });
    for (const name of ["error", "constructor", "__proto__", "connected", "new_message"]) {
      const socket = await services.connect(ada);
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
    const socket = await services.connect(ada);
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
    const socket = await services.connect(ada);
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
    const bystander = await services.connect(ada);
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
        `${services.message.httpUrl.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
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

test("an open socket keeps nothing of the request that opened it", async () => {
  const requests: WeakRef<IncomingMessage>[] = [];
  // The client's own socket is raw, so that each of them is a request to the service.
  const watch = (message: unknown) => {
    assert.ok(message instanceof Object && "socket" in message);
    const server: unknown = Reflect.get(message.socket ?? {}, "server");
    assert.ok(server instanceof Server);
    server.once("upgrade", (req) => requests.push(new WeakRef(req)));
  };
  subscribe("net.server.socket", watch);
  const socket = await openRawWebSocket(services.message.httpUrl);
  unsubscribe("net.server.socket", watch);
  assert.ok(socket);
  const connected = new Promise<void>((resolve) => {
    socket.on("data", (data) => data.includes('["connected"') && resolve());
  });
  socket.write(frame(1, `40${JSON.stringify({ token: await auth.wsToken(ada) })}`));
  await connected;
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  await setImmediate();
  collectGarbage();
  assert.deepEqual(
    requests.map((it) => it.deref()?.url),
    [undefined],
  );
  socket.destroy();
});
