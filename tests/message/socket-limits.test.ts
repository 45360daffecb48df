import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { disconnected, next } from "../harness/sockets.ts";
import { collect, range, type Stage, setStage, type TestUser } from "./harness/stage.ts";

let stage: Stage;
let ada: TestUser;
let roomId: string;
before(async () => {
  stage = await setStage({ socketMessagesPerSecond: 5, socketsPerUser: 3 });
  ada = await stage.auth.newUser();
  roomId = await stage.newRoom([ada]);
});
after(() => stage[Symbol.asyncDispose]());

test("messages beyond the burst are refused, and nothing else happens", async () => {
  const socket = await stage.connect(ada);
  await socket.emitWithAck("join_room", { roomId });
  const answers = await Promise.all(
    range(1, 15).map((n) => socket.emitWithAck("send_message", { roomId, content: `${n}` })),
  );
  const stored = answers.filter((it) => it.success).length;
  assert.ok(stored >= 10 && stored < 15, `${stored} stored`);
  assert.deepEqual(answers.at(-1), {
    success: false,
    code: "RATE_LIMITED",
    message: "Too many requests",
  });
  const { pagination } = await stage.rpc(ada).messages.listMessages({ roomId });
  assert.equal(pagination?.totalItems, stored);
  assert.ok(socket.connected);
  socket.disconnect();
});

test("a hundred breaches within ten seconds end the socket", async () => {
  const socket = await stage.connect(ada);
  const errors: string[] = [];
  socket.on("error", ({ code }) => errors.push(code));
  const closed = disconnected(socket);
  for (const n of range(1, 200)) {
    socket.emit("send_message", { roomId, content: `${n}` }, undefined as never);
  }
  assert.equal(await closed, "io server disconnect");
  assert.equal(errors.at(-1), "FLOOD");
  assert.equal(errors.filter((it) => it === "RATE_LIMITED").length, 100);
});

test("the oldest socket of a user gives way", async () => {
  const user = await stage.auth.newUser();
  const sockets = [];
  for (const _ of range(1, 3)) sockets.push(await stage.connect(user));
  const [oldest, ...others] = sockets;
  assert.ok(oldest);
  const told = next(oldest, "error");
  const closed = disconnected(oldest);
  sockets.push(await stage.connect(user));
  assert.deepEqual(await told, {
    code: "TOO_MANY_SOCKETS",
    message: "Too many open sockets, the oldest is closed",
  });
  assert.equal(await closed, "io server disconnect");
  assert.ok(others.every((it) => it.connected));
});

test("a socket that doesn't read is cut, and the others get everything", async () => {
  await using fast = await stage.startAnother({ socketMessagesPerSecond: 0 });
  const [writer, stalled] = [await stage.auth.newUser(), await stage.auth.newUser()];
  const busyRoom = await stage.newRoom([writer, stalled]);
  const reader = await stage.connect(writer, { url: fast.httpUrl });
  await reader.emitWithAck("join_room", { roomId: busyRoom });
  const got = collect(reader);

  const url = new URL(fast.httpUrl);
  const socket = connectTcp(Number(url.port), url.hostname);
  socket.on("error", () => undefined);
  const key = Buffer.alloc(16, 1).toString("base64");
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  const saw = (text: string) =>
    new Promise<void>((resolve) => {
      const onData = (chunk: Buffer) => {
        if (!chunk.includes(text)) return;
        socket.off("data", onData);
        resolve();
      };
      socket.on("data", onData);
    });
  await saw("pingInterval");
  socket.write(frame(`40${JSON.stringify({ token: await stage.auth.wsToken(stalled) })}`));
  await saw("connected");
  const joined = saw("430");
  socket.write(frame(`420${JSON.stringify(["join_room", { roomId: busyRoom }])}`));
  await joined;
  socket.pause();

  let sent = 0;
  const metrics = async () => (await fetch(`${fast.httpUrl}/metrics`)).text();
  while (!/sockets_cut\{.*SLOW_CONSUMER.*\} 1/.test(await metrics())) {
    assert.ok(sent < 3_000, "the stalled socket is cut");
    await Promise.all(
      range(1, 50).map((n) =>
        reader.emitWithAck("send_message", {
          roomId: busyRoom,
          content: "😀".repeat(3_900),
          clientMessageId: `${sent}-${n}`,
        }),
      ),
    );
    sent += 50;
  }
  await got.until(sent);
  assert.deepEqual(got.seqs, range(1, sent));
  socket.resume();
  await once(socket, "close");
});

/** A client's text frame, masked with zeros. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(4);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
