import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
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
