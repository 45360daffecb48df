import assert from "node:assert/strict";
import { test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, disconnected, newSocket, next, wsToken } from "#tools/rig/sockets.ts";
import { generalRoomId, newRegistration, registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

for (const [door, urlOf] of [
  ["the message service", () => platform.messageUrl],
  ["the gateway", () => platform.gatewayUrl],
] as const) {
  for (const transports of [["websocket"], ["polling", "websocket"], ["polling"]]) {
    test(`two users chat through ${door} by ${transports.join(" and then ")}`, async () => {
      const ada = await registerUser(platform, "Ada");
      const bob = await registerUser(platform, "Bob");
      const roomId = await generalRoomId(ada.client);

      const adaSocket = await connectSocket(urlOf(), ada, { transports });
      const bobSocket = await connectSocket(urlOf(), bob, { transports });
      const joined = await adaSocket.emitWithAck("join_room", { roomId });
      assert.ok(joined.success);
      assert.equal(joined.room.id, roomId);
      const bobJoined = await bobSocket.emitWithAck("join_room", { roomId });
      assert.ok(bobJoined.success);
      const startSeq = bobJoined.room.lastSeq;

      const seen = { ada: [] as number[], bob: [] as number[] };
      adaSocket.on("new_message", (message) => seen.ada.push(message.seq));
      const allArrived = new Promise<void>((resolve) => {
        bobSocket.on("new_message", (message) => {
          seen.bob.push(message.seq);
          if (seen.bob.length === 20) resolve();
        });
      });
      for (let i = 0; i < 10; i++) {
        const acks = await Promise.all(
          [adaSocket, bobSocket].map((it) =>
            it.emitWithAck("send_message", { roomId, content: `m${i}` }),
          ),
        );
        for (const ack of acks) assert.ok(ack.success);
      }
      await allArrived;
      const expected = Array.from({ length: 20 }, (_, i) => startSeq + 1 + i);
      assert.deepEqual(seen.bob, expected);
      while (seen.ada.length < 20) await next(adaSocket, "new_message");
      assert.deepEqual(seen.ada, expected);

      const typing = next(bobSocket, "typing_start");
      adaSocket.emit("typing_start", { roomId });
      assert.deepEqual(await typing, { roomId, userId: ada.id, username: ada.name });
      const stopped = next(bobSocket, "typing_stop");
      adaSocket.emit("typing_stop", { roomId });
      assert.deepEqual(await stopped, { roomId, userId: ada.id, username: ada.name });

      const history = await bob.client.get(`/api/rooms/${roomId}/messages?limit=20`);
      assert.deepEqual(
        history.body.messages.map((it: { seq: number }) => it.seq),
        expected,
      );

      const cut = disconnected(adaSocket);
      assert.equal((await ada.client.post("/api/auth/logout")).status, 200);
      assert.equal(await cut, "io server disconnect");
      bobSocket.disconnect();
    });
  }
}

test("the whole journey of a user, from registration to dead tokens", async () => {
  const client = platform.client();
  const registration = newRegistration("Ada", "Lovelace");
  assert.equal((await client.post("/api/auth/register", registration)).status, 201);
  const { email, password } = registration;
  assert.equal((await client.post("/api/auth/login", { email, password })).status, 200);
  const profile = await client.get("/api/auth/profile");
  assert.equal(profile.body.user.name, "Ada Lovelace");
  assert.equal((await client.get("/api/rooms")).body.message, "No rooms joined yet.");
  const roomId = await generalRoomId(client);
  const token = (await client.get("/api/auth/ws-token")).body.token;
  const socket = newSocket(platform.gatewayUrl, token);
  const connected = next(socket, "connected");
  socket.connect();
  const hello = await connected;
  assert.equal(hello.userId, profile.body.user.id);
  assert.equal(hello.username, registration.username);
  assert.equal(hello.name, "Ada Lovelace");
  assert.ok(Math.abs(Date.parse(hello.serverTime) - Date.now()) < 60_000);
  const joined = await socket.emitWithAck("join_room", { roomId });
  assert.ok(joined.success);
  assert.equal((await client.get("/api/rooms")).body.rooms.length, 1);

  const oldRefresh = client.cookie("refreshToken");
  assert.equal((await client.post("/api/auth/refresh")).status, 200);
  const replay = await platform.client().post("/api/auth/refresh", { refreshToken: oldRefresh });
  assert.equal(replay.body.message, "Token already used or invalid");
  const dead = { access: client.cookie("accessToken"), refresh: client.cookie("refreshToken") };
  const cut = disconnected(socket);
  assert.equal((await client.post("/api/auth/logout")).status, 200);
  assert.equal(await cut, "io server disconnect");
  const headers = { authorization: `Bearer ${dead.access}` };
  for (const path of ["/api/auth/profile", "/api/rooms", "/api/auth/ws-token"]) {
    assert.equal((await platform.client().get(path, { headers })).status, 401);
  }
  const late = newSocket(platform.messageUrl, token);
  const refused = next(late, "error");
  late.connect();
  assert.equal((await refused).code, "UNAUTHENTICATED");
  const refresh = await platform.client().post("/api/auth/refresh", { refreshToken: dead.refresh });
  assert.equal(refresh.status, 401);
});

test("membership changed over REST reaches open sockets", async () => {
  const ada = await registerUser(platform, "Ada");
  const bob = await registerUser(platform, "Bob");
  const { room } = (await ada.client.post("/api/rooms", { name: "Club", roomType: "private" }))
    .body;
  const socket = await connectSocket(platform.gatewayUrl, bob);
  const early = await socket.emitWithAck("join_room", { roomId: room.id });
  assert.deepEqual(early, { success: false, code: "ROOM_NOT_FOUND", message: "Room not found" });
  const added = next(socket, "room_added");
  await ada.client.post(`/api/rooms/${room.id}/members`, { userId: bob.id });
  assert.equal((await added).room.id, room.id);
  const notJoined = await socket.emitWithAck("send_message", { roomId: room.id, content: "x" });
  assert.deepEqual(notJoined, { success: false, code: "NOT_IN_ROOM", message: "Not in this room" });
  assert.ok((await socket.emitWithAck("join_room", { roomId: room.id })).success);
  const message = next(socket, "new_message");
  await ada.client.post(`/api/rooms/${room.id}/messages`, { content: "by REST" });
  assert.equal((await message).content, "by REST");
  const removed = next(socket, "room_removed");
  await ada.client.delete(`/api/rooms/${room.id}/members/${bob.id}`);
  assert.deepEqual(await removed, { roomId: room.id });
  const after = await socket.emitWithAck("send_message", { roomId: room.id, content: "x" });
  assert.equal(after.success, false);
  socket.disconnect();
});

test("a socket that was cut resumes after its last seq and misses nothing", async () => {
  const ada = await registerUser(platform, "Ada");
  const { room } = (await ada.client.post("/api/rooms", { name: "Resume" })).body;
  const send = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from + 1 }, (_, i) =>
        ada.client.post(`/api/rooms/${room.id}/messages`, { content: `m${from + i}` }),
      ),
    );
  await send(1, 10);
  const first = await connectSocket(platform.messageUrl, ada);
  assert.ok((await first.emitWithAck("join_room", { roomId: room.id })).success);
  first.disconnect();
  await send(11, 15);
  const second = await connectSocket(platform.messageUrl, ada);
  const resumed = await second.emitWithAck("join_room", { roomId: room.id, afterSeq: 10 });
  assert.ok(resumed.success);
  assert.deepEqual(
    resumed.messages.map((it) => it.seq),
    [11, 12, 13, 14, 15],
  );
  assert.equal(resumed.hasMore, false);
  assert.equal("reset" in resumed, false);
  const beyond = await second.emitWithAck("join_room", { roomId: room.id, afterSeq: 99 });
  assert.ok(beyond.success && beyond.reset);
  second.disconnect();
});

test("a socket with a bad token gets one error and is cut", async () => {
  const user = await registerUser(platform);
  const access = user.client.cookie("accessToken") ?? "";
  for (const token of ["", "nonsense", access, `${await wsToken(user)}x`]) {
    for (const url of [platform.messageUrl, platform.gatewayUrl]) {
      const socket = newSocket(url, token);
      const seen: unknown[] = [];
      socket.onAny((event, payload) => seen.push([event, payload]));
      const cut = disconnected(socket);
      socket.connect();
      assert.equal(await cut, "io server disconnect");
      assert.deepEqual(seen, [["error", { code: "UNAUTHENTICATED", message: "Unauthorized" }]]);
    }
  }
});
