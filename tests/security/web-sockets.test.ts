import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { startPlatform } from "#tools/rig/platform.ts";
import { frame, openRawWebSocket } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, wsToken } from "#tools/rig/sockets.ts";
import { generalRoomId, registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);

describe("WebSockets of clients that don't behave", () => {
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

  test("who doesn't close when asked to is cut all the same", async () => {
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
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    const fragments = Array.from({ length: 300 }, (_, i) => frame(i ? 0 : 1, " ", false));
    socket.write(Buffer.concat([...fragments, frame(9, "still there?")]));
    await closed;
    assert.doesNotMatch(heard, /still there/);
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
    for (let i = 0; i < 3_000 && !isClosed; i++) {
      await new Promise((resolve) => socket.write(body, resolve));
      await setImmediate();
    }
    assert.equal(isClosed, true);
  });

  test("who asks to be let in again and again is cut", async () => {
    const socket = await open();
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    const closed = once(socket, "close");
    socket.write(Buffer.concat(Array(10).fill(frame(1, "40/there-is-none,"))));
    await closed;
    assert.ok(heard.split("44/there-is-none").length - 1 <= 3, heard);
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

describe("polling clients that don't behave", () => {
  const open = async () => {
    const url = `${platform.messageUrl}/socket.io/?EIO=4&transport=polling`;
    const [, sid] = /"sid":"([^"]+)"/.exec(await (await fetch(url)).text()) ?? [];
    assert.ok(sid);
    return async (packets: string[]) => {
      const init = { method: "POST", body: packets.join("\x1e") };
      const response = await fetch(`${url}&sid=${sid}`, init).catch(() => undefined);
      await response?.arrayBuffer();
      return response?.status;
    };
  };
  const isGone = async (send: Awaited<ReturnType<typeof open>>) => (await send(["3"])) === 400;

  test("a request of more packets than anybody has reason to send isn't taken apart", async () => {
    const send = await open();
    await send(Array(501).fill("3"));
    assert.ok(await isGone(send));
  });

  test("pongs in many requests are counted together", async () => {
    const send = await open();
    for (let i = 0; i < 3; i++) await send(Array(60).fill("3"));
    assert.ok(await isGone(send));
  });

  test("who asks to be let in again and again is cut", async () => {
    const send = await open();
    await send(Array(10).fill("40/there-is-none,"));
    assert.ok(await isGone(send));
  });

  test("who is let in may send a burst of events in one request", async () => {
    const send = await open();
    assert.equal(await send([`40${JSON.stringify({ token: await wsToken(user) })}`]), 200);
    const roomId = await generalRoomId(user.client);
    const event = `42${JSON.stringify(["typing_start", { roomId }])}`;
    assert.equal(await send(Array(90).fill(event)), 200);
    assert.equal(await isGone(send), false);
  });

  test("who isn't let in in time is gone, though they don't ask for what waits for them", async () => {
    const send = await open();
    await send(["40/there-is-none,"]);
    // Without a word from them they would be there for 45 s.
    let wasAsked = 0;
    while (!(await isGone(send)) && wasAsked++ < 30) await setTimeout(500);
    assert.ok(wasAsked < 30);
  });
});
