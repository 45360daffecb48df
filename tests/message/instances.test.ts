import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { connectSocket, disconnected, next, type TestSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

interface Pair {
  ada: TestUser;
  bob: TestUser;
  roomId: string;
  /** Ada's socket is on the first instance, Bob's on the second. */
  sockets: [TestSocket, TestSocket];
}

async function joinPair(platform: Platform): Promise<Pair> {
  const ada = await registerUser(platform, "Ada");
  const bob = await registerUser(platform, "Bob");
  const { room } = (await ada.client.post("/api/rooms", { name: "Pair" })).body;
  const [first = "", second = ""] = platform.messageUrls;
  const sockets: [TestSocket, TestSocket] = [
    await connectSocket(first, ada),
    await connectSocket(second, bob),
  ];
  for (const socket of sockets) {
    assert.ok((await socket.emitWithAck("join_room", { roomId: room.id })).success);
  }
  return { ada, bob, roomId: room.id, sockets };
}

/** Both send at once; resolves when each has seen everything, in order. */
async function chat({ roomId, sockets }: Pair, count: number): Promise<void> {
  const seen = sockets.map((socket) => {
    const seqs: number[] = [];
    const { promise, resolve } = Promise.withResolvers<number[]>();
    const take = ({ seq }: { seq: number }) => {
      seqs.push(seq);
      if (seqs.length === 2 * count) {
        socket.off("new_message", take);
        resolve(seqs);
      }
    };
    socket.on("new_message", take);
    return promise;
  });
  const acks = await Promise.all(
    Array.from({ length: 2 * count }, (_, i) => {
      const socket = sockets[i % 2];
      assert.ok(socket);
      return socket.emitWithAck("send_message", { roomId, content: `m${i}` });
    }),
  );
  const numbers = acks.map((ack) => (ack.success ? ack.data.seq : 0)).sort((a, b) => a - b);
  for (const seqs of await Promise.all(seen)) assert.deepEqual(seqs, numbers);
}

async function untilHealth(url: string, redis: string): Promise<void> {
  for (;;) {
    const body = await (await fetch(`${url}/health`)).text();
    if (JSON.parse(body).dependencies.redis === redis) return;
  }
}

function close({ sockets }: Pair): void {
  for (const socket of sockets) socket.disconnect();
}

describe("two instances", () => {
  test("without Redis meet in the store: everybody sees everything, in order", async () => {
    await using platform = await startPlatform({ instances: 2 });
    const pair = await joinPair(platform);
    await chat(pair, 20);
    const cut = disconnected(pair.sockets[1]);
    await pair.bob.client.post("/api/auth/logout");
    assert.equal(await cut, "io server disconnect");
    close(pair);
  });

  test("without Redis a member who is removed is out of the room on the other instance too", async () => {
    await using platform = await startPlatform({ instances: 2 });
    const pair = await joinPair(platform);
    const removed = next(pair.sockets[1], "room_removed");
    await pair.bob.client.post(`/api/rooms/${pair.roomId}/leave`);
    assert.deepEqual(await removed, { roomId: pair.roomId });
    close(pair);
  });

  test("with Redis hear of each other at once, lose it and have it again", {
    skip: withoutRedis,
  }, async () => {
    await using redis = await startRedis();
    await using platform = await startPlatform({ instances: 2, message: { redisUrl: redis.url } });
    for (const url of platform.messageUrls) await untilHealth(url, "up");
    const pair = await joinPair(platform);
    await chat(pair, 50);
    const typing = next(pair.sockets[1], "typing_start");
    pair.sockets[0].emit("typing_start", { roomId: pair.roomId });
    assert.equal((await typing).userId, pair.ada.id);

    await redis.stop();
    for (const url of platform.messageUrls) await untilHealth(url, "down");
    assert.equal((await fetch(`${platform.messageUrl}/health/ready`)).status, 200);
    await chat(pair, 20);

    await redis.start();
    for (const url of platform.messageUrls) await untilHealth(url, "up");
    await chat(pair, 20);
    const club = (await pair.ada.client.post("/api/rooms", { name: "C", roomType: "private" }))
      .body;
    const added = next(pair.sockets[1], "room_added");
    await pair.ada.client.post(`/api/rooms/${club.room.id}/members`, { userId: pair.bob.id });
    assert.equal((await added).room.id, club.room.id);
    const removed = next(pair.sockets[1], "room_removed");
    await pair.ada.client.delete(`/api/rooms/${club.room.id}/members/${pair.bob.id}`);
    assert.deepEqual(await removed, { roomId: club.room.id });
    close(pair);
  });

  test("start without Redis, and take it up when it comes", { skip: withoutRedis }, async () => {
    await using redis = await startRedis();
    await redis.stop();
    await using platform = await startPlatform({ instances: 2, message: { redisUrl: redis.url } });
    const pair = await joinPair(platform);
    await chat(pair, 5);
    await redis.start();
    for (const url of platform.messageUrls) await untilHealth(url, "up");
    await chat(pair, 20);
    close(pair);
  });

  test("behind the gateway keep polling clients, and pass over one that is gone", async () => {
    await using platform = await startPlatform({ instances: 2 });
    const user = await registerUser(platform);
    const { room } = (await user.client.post("/api/rooms", { name: "Poll" })).body;
    const options = { transports: ["polling"] };
    const sockets = await Promise.all(
      Array.from({ length: 6 }, () => connectSocket(platform.gatewayUrl, user, options)),
    );
    for (const socket of sockets) {
      assert.ok((await socket.emitWithAck("join_room", { roomId: room.id })).success);
    }
    const instances = new Set(sockets.map((socket) => socket.io.engine.id?.slice(0, 3)));
    assert.deepEqual([...instances].sort(), ["i0_", "i1_"]);
    const all = Promise.all(sockets.map((socket) => next(socket, "new_message")));
    await user.client.post(`/api/rooms/${room.id}/messages`, { content: "to all" });
    assert.equal((await all).length, 6);
    for (const socket of sockets) socket.disconnect();

    await platform.message.stop();
    for (let i = 0; i < 4; i++) {
      const transports = i % 2 ? ["polling"] : ["websocket"];
      const socket = await connectSocket(platform.gatewayUrl, user, { transports });
      assert.ok((await socket.emitWithAck("join_room", { roomId: room.id })).success);
      assert.equal((await user.client.get("/api/rooms")).status, 200);
      socket.disconnect();
    }
  });
});
