import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createTestMongo, type TestMongo, withoutMongo } from "#tools/rig/mongo.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { connectSocket, next } from "#tools/rig/sockets.ts";
import { generalRoomId, registerUser } from "#tools/rig/users.ts";

describe("the platform with its messages in MongoDB", () => {
  let mongo: TestMongo;
  let platform: Platform;
  before(async () => {
    if (withoutMongo) return;
    mongo = await createTestMongo();
    const message = { mongodbUri: mongo.uri, databaseUrl: undefined };
    platform = await startPlatform({ instances: 2, message });
  });
  after(async () => {
    await platform?.[Symbol.asyncDispose]();
    await mongo?.[Symbol.asyncDispose]();
  });
  const it = (name: string, run: () => Promise<void>) => test(name, { skip: withoutMongo }, run);

  it("carries two users through a chat on two instances, its history and a restart", async () => {
    const ada = await registerUser(platform, "Ada");
    const bob = await registerUser(platform, "Bob");
    assert.equal((await ada.client.get("/api/rooms")).body.message, "No rooms joined yet.");
    const roomId = await generalRoomId(ada.client);
    const [adaSocket, bobSocket] = [
      await connectSocket(platform.messageUrl, ada),
      await connectSocket(platform.messageUrls[1] ?? "", bob),
    ];
    for (const socket of [adaSocket, bobSocket]) {
      assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    }
    const seen: number[] = [];
    const allArrived = new Promise<void>((resolve) => {
      bobSocket.on("new_message", ({ seq }) => {
        if (seen.push(seq) === 21) resolve();
      });
    });
    const acks = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? adaSocket : bobSocket).emitWithAck("send_message", { roomId, content: `m${i}` }),
      ),
    );
    assert.ok(acks.every(({ success }) => success));
    const body = { content: "👋", clientMessageId: "once", metadata: { $a: { "b.c": 1 } } };
    const path = `/api/rooms/${roomId}/messages`;
    assert.equal((await ada.client.post(path, body)).status, 201);
    await allArrived;
    assert.deepEqual(
      seen,
      Array.from({ length: 21 }, (_, i) => i + 1),
    );

    await platform.message.stop();
    await platform.message.start();
    const repeat = await ada.client.post(path, { ...body, content: "again" });
    assert.equal(repeat.status, 200);
    assert.deepEqual([repeat.body.duplicate, repeat.body.data.content], [true, "👋"]);
    const page = (await bob.client.get(`${path}?page=2&limit=10`)).body;
    assert.deepEqual(
      page.messages.map((it: { seq: number }) => it.seq),
      Array.from({ length: 10 }, (_, i) => i + 2),
    );
    assert.equal(page.pagination.totalItems, 21);
    const [last] = (await bob.client.get(`${path}?limit=1`)).body.messages;
    assert.deepEqual(last.metadata, body.metadata);
    adaSocket.disconnect();
    bobSocket.disconnect();
  });

  it("keeps private rooms private, and tells open sockets who comes and goes", async () => {
    const ada = await registerUser(platform, "Ada");
    const bob = await registerUser(platform, "Bob");
    const created = await ada.client.post("/api/rooms", { name: "Club", roomType: "private" });
    const { room } = created.body;
    assert.deepEqual(room.members, [ada.id]);
    assert.equal((await bob.client.get(`/api/rooms/${room.id}`)).status, 404);
    const socket = await connectSocket(platform.gatewayUrl, bob);
    const added = next(socket, "room_added");
    const members = `/api/rooms/${room.id}/members`;
    assert.equal((await ada.client.post(members, { userId: bob.id })).status, 200);
    assert.equal((await added).room.memberCount, 2);
    assert.ok((await socket.emitWithAck("join_room", { roomId: room.id })).success);
    const removed = next(socket, "room_removed");
    assert.equal((await ada.client.delete(`${members}/${bob.id}`)).status, 200);
    assert.deepEqual(await removed, { roomId: room.id });
    const refused = await bob.client.post(`/api/rooms/${room.id}/messages`, { content: "x" });
    assert.equal(refused.status, 404);
    socket.disconnect();
  });

  it("says so in its health", async () => {
    const health = await fetch(`${platform.messageUrl}/health/ready`);
    assert.equal(health.status, 200);
    assert.deepEqual(await health.json(), {
      status: "ok",
      dependencies: { mongodb: "up", auth: "up" },
    });
  });
});
