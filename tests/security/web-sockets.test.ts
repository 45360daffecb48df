import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { frame, openRawWebSocket } from "../../scripts/attack/raw-web-socket.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { connectSocket, wsToken } from "../harness/sockets.ts";
import { generalRoomId, registerUser, type TestUser } from "../harness/users.ts";

describe("WebSockets of clients that don't behave", () => {
  let platform: Platform;
  let user: TestUser;
  before(async () => {
    platform = await startPlatform();
    user = await registerUser(platform);
  });
  after(() => platform[Symbol.asyncDispose]());

  const open = async (url = platform.messageUrl) => {
    const socket = await openRawWebSocket(url);
    assert.ok(socket);
    return socket;
  };
  const kinds: [string, Buffer][] = [
    ["pings", frame(9, "x".repeat(125))],
    ["pongs", frame(10, "x")],
    ["packets without content", frame(1, "6")],
  ];
  for (const [name, bytes] of kinds) {
    test(`who sends nothing but ${name} is cut, at both doors`, async () => {
      for (const url of [platform.messageUrl, platform.gatewayUrl]) {
        for (const isSignedIn of [false, true]) {
          const socket = await open(url);
          const closed = once(socket, "close");
          if (isSignedIn) {
            socket.write(frame(1, `40${JSON.stringify({ token: await wsToken(user) })}`));
          }
          socket.write(Buffer.concat(Array(200).fill(bytes)));
          await closed;
        }
      }
    });
  }

  test("who doesn't say goodbye when told to go is cut all the same", async () => {
    const socket = await open();
    const closed = once(socket, "close");
    socket.write(frame(1, `40${JSON.stringify({ token: "not one" })}`));
    await closed;
  });

  test("an event in a hundred frames is one; who cuts it smaller than any network does is cut", async () => {
    const roomId = await generalRoomId(user.client);
    const event = `420${JSON.stringify(["join_room", { roomId }])}`;
    const socket = await open();
    socket.write(frame(1, `40${JSON.stringify({ token: await wsToken(user) })}`));
    let heard = "";
    while (!heard.includes("40{")) heard += (await once(socket, "data")).join("");
    const padded = event + " ".repeat(100 - event.length);
    socket.write(Buffer.concat([...padded].map((byte, i) => frame(i ? 0 : 1, byte, i === 99))));
    while (!heard.includes("430[")) heard += (await once(socket, "data")).join("");
    assert.match(heard, /430\[\{"success":true/);
    const closed = once(socket, "close");
    socket.write(
      Buffer.concat(Array.from({ length: 300 }, (_, i) => frame(i ? 0 : 1, " ", false))),
    );
    await closed;
  });

  test("who sends a frame byte by byte is cut", async () => {
    const socket = await open();
    socket.setNoDelay(true);
    const closed = once(socket, "close").then(() => true);
    const [head, body] = [frame(1, "x".repeat(60_000)).subarray(0, 8), Buffer.from("x")];
    socket.write(head);
    // Each byte a segment of its own: the next is sent when this one has left.
    let isClosed = false;
    closed.then(() => {
      isClosed = true;
    });
    for (let i = 0; i < 20_000 && !isClosed; i++) {
      await new Promise((resolve) => socket.write(body, resolve));
      await setImmediate();
    }
    assert.equal(isClosed, true);
  });

  test("who sends a ping now and then stays", async () => {
    const socket = await open();
    socket.write(frame(1, `40${JSON.stringify({ token: await wsToken(user) })}`));
    for (let i = 0; i < 20; i++) {
      const answer = once(socket, "data");
      socket.write(frame(9, "still there?"));
      await answer;
    }
    assert.equal(socket.destroyed, false);
    socket.destroy();
    const chatting = await connectSocket(platform.messageUrl, user);
    const roomId = await generalRoomId(user.client);
    assert.ok((await chatting.emitWithAck("join_room", { roomId })).success);
    chatting.disconnect();
  });
});
