import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, next, type TestSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform({ instances: 2 }));

const open = (user: TestUser, body: object) => user.client.post("/api/direct-messages", body);
const newUsers = async () => {
  const [ada, bob] = [await registerUser(platform, "Ada"), await registerUser(platform, "Bob")];
  return { ada, bob };
};
const connect = (user: TestUser, instance: number): Promise<TestSocket> =>
  connectSocket(platform.messageUrls[instance] ?? "", user);
const peerOf = ({ id, username, name }: TestUser) => ({ userId: id, username, name });
const twice = (text: string) => [text, text];
const roomsOf = async ({ client }: TestUser) => (await client.get("/api/rooms")).body.rooms;

describe("a direct room", () => {
  test("is named after the other for each of the two, at every door", async () => {
    const { ada, bob } = await newUsers();
    const opened = await open(ada, { userId: bob.id });
    assert.deepEqual([opened.status, opened.body.message], [201, "Conversation opened"]);
    const { room } = opened.body;
    assert.deepEqual([room.roomType, room.name, room.peer], ["direct", bob.name, peerOf(bob)]);
    assert.deepEqual([room.membership.role, room.memberCount, room.lastSeq], ["member", 2, 0]);
    const again = await open(bob, { username: ada.username });
    assert.deepEqual([again.status, again.body.duplicate], [200, true]);
    assert.deepEqual(
      [again.body.room.id, again.body.room.name, again.body.room.peer],
      [room.id, ada.name, peerOf(ada)],
    );
    const socket = await connect(bob, 1);
    const joined = await socket.emitWithAck("join_room", { roomId: room.id });
    assert.ok(joined.success);
    const read = (await bob.client.get(`/api/rooms/${room.id}`)).body.room;
    const [listed] = await roomsOf(bob);
    for (const one of [read, listed, joined.room]) {
      assert.deepEqual([one.name, one.peer], [ada.name, peerOf(ada)]);
    }
    await ada.client.put("/api/auth/profile", { firstName: "Augusta" });
    const renamed = async () => (await bob.client.get(`/api/rooms/${room.id}`)).body.room.name;
    while ((await renamed()) !== "Augusta Lovelace") assert.equal(await renamed(), ada.name);
    const outsider = await registerUser(platform);
    assert.equal((await outsider.client.get(`/api/rooms/${room.id}`)).status, 404);
  });

  test("tells those in it and who watch of the other's new name, and of nothing else", async () => {
    const { ada, bob } = await newUsers();
    const { room } = (await open(ada, { userId: bob.id })).body;
    await ada.client.post(`/api/rooms/${room.id}/messages`, { content: "Hello" });
    const sockets = [await connect(bob, 0), await connect(bob, 1), await connect(bob, 1)];
    const [joined, watching, idle] = sockets;
    assert.ok(joined && watching && idle);
    await joined.emitWithAck("join_room", { roomId: room.id });
    await watching.emitWithAck("watch_rooms", {});
    const heard: string[] = [];
    for (const socket of sockets)
      socket.on("room_changed", (it) => heard.push(it.room?.name ?? ""));
    await ada.client.put("/api/auth/profile", { showPresence: false });
    const changed = [joined, watching].map((socket) => next(socket, "room_changed"));
    await ada.client.put("/api/auth/profile", { firstName: "Augusta" });
    for (const { room: now } of await Promise.all(changed)) {
      assert.deepEqual(
        [now?.id, now?.name, now?.peer?.name],
        [room.id, ...twice("Augusta Lovelace")],
      );
      assert.deepEqual([now?.membership?.role, now?.membership?.unreadCount], ["member", 1]);
    }
    const again = [joined, watching].map((socket) => next(socket, "room_changed"));
    await ada.client.put("/api/auth/profile", { username: `${ada.username}_2` });
    for (const { room: now } of await Promise.all(again)) {
      assert.equal(now?.peer?.username, `${ada.username}_2`);
    }
    assert.deepEqual(heard, [...twice("Augusta Lovelace"), ...twice("Augusta Lovelace")]);
    for (const socket of sockets) socket.disconnect();
  });

  test("comes to the other with the first message, and back with the next", async () => {
    const { ada, bob } = await newUsers();
    const [adas, bobs] = [await connect(ada, 0), await connect(bob, 1)];
    const heard: string[] = [];
    bobs.onAny((event: string) => heard.push(event));
    const addedToAda = next(adas, "room_added");
    const { room } = (await open(ada, { userId: bob.id })).body;
    assert.equal((await addedToAda).room?.name, bob.name);
    assert.deepEqual(await roomsOf(bob), []);
    const send = (user: TestUser, content: string) =>
      user.client.post(`/api/rooms/${room.id}/messages`, { content });
    let added = next(bobs, "room_added");
    assert.equal((await send(ada, "first")).status, 201);
    assert.deepEqual([(await added).room?.name, (await added).room?.lastSeq], [ada.name, 1]);
    assert.ok((await bobs.emitWithAck("join_room", { roomId: room.id })).success);
    const removed = next(bobs, "room_removed");
    const left = await bob.client.post(`/api/rooms/${room.id}/leave`);
    assert.equal(left.status, 200);
    assert.equal((await removed).roomId, room.id);
    assert.deepEqual(await roomsOf(bob), []);
    added = next(bobs, "room_added");
    await send(ada, "second");
    assert.equal((await added).room?.memberCount, 2);
    assert.deepEqual(heard, ["room_added", "room_removed", "room_added"]);
    assert.equal((await roomsOf(bob))[0].lastMessage.content, "second");
  });

  test("is never entered or left by others, and made in no other way", async () => {
    const { ada, bob } = await newUsers();
    const eve = await registerUser(platform);
    const { room } = (await open(ada, { userId: bob.id })).body;
    const refused = [
      await ada.client.post(`/api/rooms/${room.id}/members`, { userId: eve.id }),
      await ada.client.delete(`/api/rooms/${room.id}/members/${bob.id}`),
    ];
    for (const { status, body } of refused)
      assert.deepEqual([status, body.code], [403, "FORBIDDEN"]);
    assert.equal((await eve.client.post(`/api/rooms/${room.id}/join`)).status, 404);
    const made = await ada.client.post("/api/rooms", { name: "x", roomType: "direct" });
    assert.deepEqual([made.status, made.body.details[0].path], [400, "roomType"]);
    for (const body of [{}, { userId: bob.id, username: bob.username }, { userId: 1 }]) {
      assert.equal((await open(ada, body)).status, 400, JSON.stringify(body));
    }
    for (const body of [{ userId: "0" }, { userId: "x:y" }, { username: "nobody_at_all" }]) {
      const { status, body: answer } = await open(ada, body);
      assert.deepEqual([status, answer.code], [404, "USER_NOT_FOUND"], JSON.stringify(body));
    }
  });

  test("with oneself is for notes", async () => {
    const { ada } = await newUsers();
    const { status, body } = await open(ada, { userId: ada.id });
    assert.equal(status, 201);
    assert.deepEqual([body.room.name, body.room.peer], [ada.name, peerOf(ada)]);
    assert.deepEqual([body.room.members, body.room.memberCount], [[ada.id], 1]);
  });

  test("is closed by a block, by REST and by socket, at once", async () => {
    const { ada, bob } = await newUsers();
    const { room } = (await open(bob, { userId: ada.id })).body;
    const path = `/api/rooms/${room.id}/messages`;
    await bob.client.post(path, { content: "hello" });
    const socket = await connect(bob, 1);
    await socket.emitWithAck("join_room", { roomId: room.id });
    await ada.client.put(`/api/users/${bob.id}/block`);
    const sent = await socket.emitWithAck("send_message", { roomId: room.id, content: "x" });
    assert.deepEqual(
      [sent.success, "code" in sent && sent.code, "message" in sent && sent.message],
      [false, "BLOCKED", "You can't write to this user"],
    );
    const refused = [
      await bob.client.post(path, { content: "x" }),
      await bob.client.put(`${path}/1`, { content: "x" }),
      await bob.client.put(`${path}/1/reactions/%F0%9F%91%8D`),
      await bob.client.put(`/api/rooms/${room.id}/pins/1`),
      await open(bob, { userId: ada.id }),
    ];
    for (const { status, body } of refused) assert.deepEqual([status, body.code], [403, "BLOCKED"]);
    assert.equal((await ada.client.post(path, { content: "the blocker may" })).status, 201);
    assert.equal((await bob.client.get(path)).body.messages.length, 2);
  });
});
