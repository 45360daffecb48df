import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { next } from "#tools/rig/sockets.ts";
import { codeOf, collect, range, startServices } from "./harness/services.ts";

const services = await shared(startServices());
const ada = await services.auth.newUser("Ada Lovelace");
const bob = await services.auth.newUser("Bob Dylan");
const eve = await services.auth.newUser("Eve Online");

describe("over RPC", () => {
  test("a private room of others looks like one that doesn't exist, in any method", async () => {
    const secret = await services.newRoom([ada], RoomType.PRIVATE);
    const { rooms, messages } = services.rpc(eve);
    for (const roomId of [secret, "0123456789abcdef01234567", "nonsense"]) {
      const calls = [
        () => rooms.getRoom({ roomId }),
        () => rooms.joinRoom({ roomId }),
        () => rooms.leaveRoom({ roomId }),
        () => rooms.listMembers({ roomId }),
        () => rooms.addMember({ roomId, userId: eve.id }),
        () => rooms.addMember({ roomId, username: "nobody" }),
        () => rooms.removeMember({ roomId, userId: ada.id }),
        () => messages.listMessages({ roomId }),
        () => messages.sendMessage({ roomId, content: "x" }),
      ];
      for (const call of calls) assert.equal(await codeOf(call()), "ROOM_NOT_FOUND");
    }
    const { rooms: open } = await rooms.listPublicRooms({ limit: 100 });
    assert.ok(open.every((it) => it.id !== secret));
  });

  test("members add, the creator removes, and who leaves is followed", async () => {
    const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
    const [adas, bobs, eves] = [
      services.rpc(ada).rooms,
      services.rpc(bob).rooms,
      services.rpc(eve).rooms,
    ];
    const { room } = await bobs.addMember({ roomId, username: eve.username });
    assert.deepEqual(room?.members, [ada.id, bob.id, eve.id]);
    assert.equal((await bobs.addMember({ roomId, userId: eve.id })).room?.memberCount, 3);
    assert.equal(await codeOf(bobs.addMember({ roomId, userId: "999999" })), "USER_NOT_FOUND");
    assert.equal(await codeOf(bobs.addMember({ roomId, username: "nobody" })), "USER_NOT_FOUND");
    assert.equal(await codeOf(bobs.removeMember({ roomId, userId: eve.id })), "FORBIDDEN");
    assert.equal(await codeOf(eves.removeMember({ roomId, userId: eve.id })), "FORBIDDEN");
    assert.equal((await eves.joinRoom({ roomId })).room?.memberCount, 3);
    const { members } = await eves.listMembers({ roomId });
    assert.deepEqual(
      members.map((it) => [it.userId, it.username, it.name]),
      [ada, bob, eve].map((it) => [it.id, it.username, it.name]),
    );
    await adas.removeMember({ roomId, userId: eve.id });
    assert.equal(await codeOf(eves.getRoom({ roomId })), "ROOM_NOT_FOUND");
    await adas.removeMember({ roomId, userId: ada.id });
    assert.equal((await bobs.getRoom({ roomId })).room?.createdBy, bob.id);
    await bobs.leaveRoom({ roomId });
    assert.deepEqual(
      (await bobs.listRooms({})).rooms.filter((it) => it.id === roomId),
      [],
    );
  });

  test("members of public rooms come and go by themselves", async () => {
    const roomId = await services.newRoom([ada]);
    const [adas, eves] = [services.rpc(ada).rooms, services.rpc(eve).rooms];
    assert.equal(await codeOf(adas.addMember({ roomId, userId: eve.id })), "VALIDATION_FAILED");
    await eves.joinRoom({ roomId });
    assert.equal(await codeOf(adas.removeMember({ roomId, userId: eve.id })), "VALIDATION_FAILED");
    await eves.leaveRoom({ roomId });
    await eves.leaveRoom({ roomId });
    assert.equal(
      await codeOf(services.rpc(eve).messages.sendMessage({ roomId, content: "x" })),
      "NOT_IN_ROOM",
    );
  });
});

describe("open sockets", () => {
  test("hear of rooms that their user is added to or joins elsewhere", async () => {
    const roomId = await services.newRoom([ada], RoomType.PRIVATE);
    const sockets = [await services.connect(eve), await services.connect(eve)];
    const added = sockets.map((it) => next(it, "room_added"));
    await services.rpc(ada).rooms.addMember({ roomId, userId: eve.id });
    for (const { room } of await Promise.all(added)) {
      assert.equal(room.id, roomId);
      assert.equal(room.roomType, "private");
      assert.deepEqual(room.members, [ada.id, eve.id]);
      assert.equal(room.description, null);
    }
    const [one, two] = sockets;
    const openRoom = await services.newRoom([ada]);
    const heard: string[] = [];
    one?.onAny((event) => heard.push(event));
    const announced = two && next(two, "room_added");
    await one?.emitWithAck("join_room", { roomId: openRoom });
    assert.equal((await announced)?.room.id, openRoom);
    assert.deepEqual(heard, [], "who asks has the answer");
  });

  test("of a removed member are out of the room at once", async () => {
    const roomId = await services.newRoom([ada, eve], RoomType.PRIVATE);
    const [one, two, idle] = [
      await services.connect(eve),
      await services.connect(eve),
      await services.connect(eve),
    ];
    for (const socket of [one, two]) await socket.emitWithAck("join_room", { roomId });
    const got = [collect(one), collect(two)];
    await services.rpc(ada).messages.sendMessage({ roomId, content: "still here" });
    await Promise.all(got.map((it) => it.until(1)));
    const removed = [one, two, idle].map((it) => next(it, "room_removed"));
    await services.rpc(ada).rooms.removeMember({ roomId, userId: eve.id });
    await services.rpc(ada).messages.sendMessage({ roomId, content: "gone" });
    for (const payload of await Promise.all(removed)) assert.deepEqual(payload, { roomId });
    for (const socket of [one, two]) {
      const sent = await socket.emitWithAck("send_message", { roomId, content: "x" });
      assert.equal(sent.success === false && sent.code, "ROOM_NOT_FOUND");
      const typed = await socket.emitWithAck("typing_start", { roomId });
      assert.equal(typed.success === false && typed.code, "NOT_IN_ROOM");
    }
    assert.deepEqual(
      got.map((it) => it.seqs),
      [[1], [1]],
    );
  });

  test("of a member removed while joining never get in", async () => {
    for (const _ of range(1, 20)) {
      const roomId = await services.newRoom([ada, eve], RoomType.PRIVATE);
      const socket = await services.connect(eve);
      const got = collect(socket);
      const removing = services.rpc(ada).rooms.removeMember({ roomId, userId: eve.id });
      const joining = socket.emitWithAck("join_room", { roomId });
      await Promise.all([removing, joining]);
      await services.rpc(ada).messages.sendMessage({ roomId, content: "secret" });
      const after = await socket.emitWithAck("typing_start", { roomId });
      assert.equal(after.success, false);
      assert.deepEqual(got.seqs, []);
      socket.disconnect();
    }
  });

  test("on another instance hear of it once, also where nobody can tell them but the store", async () => {
    await using another = await services.startAnother();
    const lou = await services.auth.newUser("Lou Reed");
    const roomId = await services.newRoom([ada], RoomType.PRIVATE);
    const far = await services.connect(lou, { url: another.httpUrl });
    const near = await services.connect(lou);
    const heard: string[] = [];
    for (const socket of [far, near]) {
      socket.on("room_added", ({ room }) => heard.push(`added ${room.id}`));
      socket.on("room_removed", (gone) => heard.push(`removed ${gone.roomId}`));
    }
    const added = next(far, "room_added");
    await services.rpc(ada).rooms.addMember({ roomId, userId: lou.id });
    assert.deepEqual((await added).room.members, [ada.id, lou.id]);
    const removed = next(far, "room_removed");
    await services.rpc(ada).rooms.removeMember({ roomId, userId: lou.id });
    assert.deepEqual(await removed, { roomId });
    // What is sent after it comes last.
    const later = next(far, "room_added");
    const laterId = await services.newRoom([lou]);
    assert.equal((await later).room.id, laterId);
    const once = [`added ${roomId}`, `removed ${roomId}`, `added ${laterId}`];
    assert.deepEqual(heard.toSorted(), [...once, ...once].toSorted());
  });

  test("on another instance are cut too", async () => {
    await using another = await services.startAnother();
    const roomId = await services.newRoom([ada, eve], RoomType.PRIVATE);
    const socket = await services.connect(eve, { url: another.httpUrl });
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    const removed = next(socket, "room_removed");
    await services.rpc(ada).rooms.removeMember({ roomId, userId: eve.id });
    const sent = await socket.emitWithAck("send_message", { roomId, content: "x" });
    assert.equal(sent.success === false && sent.code, "ROOM_NOT_FOUND", "the store decides");
    assert.deepEqual(await removed, { roomId });
  });
});
