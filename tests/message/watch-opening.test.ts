import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { shared } from "#tools/rig/shared.ts";
import { held } from "./harness/held.ts";
import { next, startServices } from "./harness/services.ts";

const services = await shared(startServices());
const openStore = () => openPostgresStore(services.database.url, createLogger("message", "silent"));

test("what is told while a watch begins is told again behind its list, where that is older", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const [read, left] = [await services.newRoom([ada, bob]), await services.newRoom([ada, bob])];
  await services.rpc(ada).messages.sendMessage({ roomId: read, content: "x" });
  const opened = await openStore();
  const wasRead = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const slow = {
    ...opened,
    async listRoomsOf(userId: string) {
      const rooms = await opened.listRoomsOf(userId);
      wasRead.resolve();
      await mayAnswer.promise;
      return rooms;
    },
  };
  await using instance = await services.startAnother({}, { store: slow });
  const url = instance.httpUrl;
  const socket = await services.connect(bob, { url });
  const list = new Map<string, number>();
  socket.on(
    "room_added",
    ({ room }) => void (room && list.set(room.id, room.membership?.readSeq ?? 0)),
  );
  socket.on("room_removed", ({ roomId }) => void list.delete(roomId));
  socket.on("read_marked", ({ roomId, seq }) => void list.set(roomId, seq));
  const watched = new Promise<void>((resolve) => {
    socket.emit("watch_rooms", {}, (ack) => {
      assert.ok(ack.success);
      list.clear();
      for (const room of ack.rooms) list.set(room.id, room.membership?.readSeq ?? 0);
      resolve();
    });
  });
  await wasRead.promise;
  const [marked, added, removed] = [
    next(socket, "read_marked"),
    next(socket, "room_added"),
    next(socket, "room_removed"),
  ];
  const { rooms } = services.rpc(bob, instance.rpcUrl);
  await rooms.markRead({ roomId: read });
  await rooms.leaveRoom({ roomId: left });
  const fresh = await services.newRoom([ada, bob], RoomType.PRIVATE);
  await Promise.all([marked, added, removed]);
  mayAnswer.resolve();
  await watched;
  await socket.emitWithAck("unwatch_rooms", {});
  assert.deepEqual(
    [...list].toSorted(),
    [
      [read, 1],
      [fresh, 0],
    ].toSorted(),
  );
});

for (const [who, watches] of [
  ["also where nobody watches it", false],
  ["also where others watch it already", true],
] as const) {
  test(`who comes into a room is told its last message, ${who}`, async () => {
    const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
    const roomId = await services.newRoom([ada], RoomType.PRIVATE);
    await services.rpc(ada).messages.sendMessage({ roomId, content: "before" });
    const [first, second] = [await services.connect(ada), await services.connect(bob)];
    for (const socket of watches ? [first, second] : [second]) {
      await socket.emitWithAck("watch_rooms", {});
    }
    const notified = next(second, "room_activity");
    await services.rpc(ada).rooms.addMember({ roomId, userId: bob.id });
    const activity = await notified;
    assert.deepEqual([activity.roomId, activity.lastMessage?.content], [roomId, "before"]);
  });
}

/** An instance that hears of other instances by polling alone, held up where a test says so. */
async function startPolling(held: Partial<Record<"positions" | "listMessages", Promise<void>>>) {
  const opened = await openStore();
  const statesRead = Promise.withResolvers<void>();
  const store: typeof opened = {
    ...opened,
    async positions(roomIds) {
      await held.positions;
      return opened.positions(roomIds);
    },
    async listMessages(...asked) {
      await held.listMessages;
      return opened.listMessages(...asked);
    },
    async listRoomStates(roomIds) {
      const states = await opened.listRoomStates(roomIds);
      statesRead.resolve();
      return states;
    },
  };
  const instance = await services.startAnother({}, { store });
  return { instance, statesRead: statesRead.promise };
}

test("who watches already is told what another's list has shown first", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const mayPoll = Promise.withResolvers<void>();
  const { instance } = await startPolling({ positions: mayPoll.promise });
  await using _ = instance;
  const options = { url: instance.httpUrl };
  const [first, second] = [
    await services.connect(ada, options),
    await services.connect(ada, options),
  ];
  await first.emitWithAck("watch_rooms", {});
  await services.rpc(ada).messages.sendMessage({ roomId, content: "x" });
  const notified = next(first, "room_activity");
  await second.emitWithAck("watch_rooms", {});
  mayPoll.resolve();
  assert.equal((await notified).lastSeq, 1);
});

test("who leaves a room before a message has come is told of it as a watcher", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const mayRead = Promise.withResolvers<void>();
  const { instance, statesRead } = await startPolling({ listMessages: mayRead.promise });
  await using _ = instance;
  const socket = await services.connect(ada, { url: instance.httpUrl });
  await socket.emitWithAck("join_room", { roomId });
  await socket.emitWithAck("watch_rooms", {});
  await services.rpc(ada).messages.sendMessage({ roomId, content: "x" });
  await statesRead;
  const notified = next(socket, "room_activity");
  await socket.emitWithAck("leave_room", { roomId });
  mayRead.resolve();
  assert.equal((await notified).lastSeq, 1);
});

/** An instance that holds back the first list of rooms. */
async function startHoldingList() {
  const opened = await openStore();
  const list = held(opened.listRoomsOf);
  const store = { ...opened, listRoomsOf: list.ask };
  return { instance: await services.startAnother({}, { store }), list };
}

test("two lists that are asked for at once leave one watch", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const { instance, list } = await startHoldingList();
  await using _ = instance;
  const socket = await services.connect(ada, { url: instance.httpUrl });
  const first = socket.emitWithAck("watch_rooms", {});
  await list.wasRead;
  const second = socket.emitWithAck("watch_rooms", {});
  // What is answered after it has come after it.
  await socket.emitWithAck("leave_room", { roomId });
  list.answer();
  assert.ok((await first).success && (await second).success);
  const notified = next(socket, "room_activity");
  await services.rpc(ada, instance.rpcUrl).messages.sendMessage({ roomId, content: "x" });
  assert.equal((await notified).lastSeq, 1);
});

test("what ends a watch ends those that were asked for before it", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const { instance, list } = await startHoldingList();
  await using _ = instance;
  const url = instance.httpUrl;
  const [socket, other] = [
    await services.connect(ada, { url }),
    await services.connect(ada, { url }),
  ];
  const watches = [1, 2].map(() => socket.emitWithAck("watch_rooms", {}));
  await list.wasRead;
  const ended = socket.emitWithAck("unwatch_rooms", {});
  await socket.emitWithAck("leave_room", { roomId });
  list.answer();
  await Promise.all([...watches, ended]);
  let heard = 0;
  socket.on("room_activity", () => heard++);
  await other.emitWithAck("watch_rooms", {});
  const notified = next(other, "room_activity");
  await services.rpc(ada, instance.rpcUrl).messages.sendMessage({ roomId, content: "x" });
  await notified;
  // What was written to it before this answer has come before it.
  await socket.emitWithAck("leave_room", { roomId });
  assert.equal(heard, 0);
});

test("a socket that is gone while its list waits for another is no fault", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const { instance, list } = await startHoldingList();
  // Its end looks for faults in its log.
  await using _ = instance;
  const url = instance.httpUrl;
  const socket = await services.connect(ada, { url });
  socket.emit("watch_rooms", {}, () => undefined);
  await list.wasRead;
  socket.emit("watch_rooms", {}, () => undefined);
  await socket.emitWithAck("leave_room", { roomId });
  socket.disconnect();
  const other = await services.connect(ada, { url });
  list.answer();
  assert.ok((await other.emitWithAck("watch_rooms", {})).success);
});

test("a room whose owner leaves while a watch begins is told again behind the list", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const { instance, list } = await startHoldingList();
  await using _ = instance;
  const socket = await services.connect(bob, { url: instance.httpUrl });
  const changed = next(socket, "room_changed");
  const watching = socket.emitWithAck("watch_rooms", {});
  await list.wasRead;
  await services.rpc(ada, instance.rpcUrl).rooms.leaveRoom({ roomId });
  list.answer();
  const ack = await watching;
  assert.ok(ack.success);
  assert.equal(ack.rooms[0]?.createdBy, ada.id);
  assert.equal((await changed).room?.createdBy, bob.id);
});

test("an owner who leaves on another instance is missed as soon as a watch has begun", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  await using instance = await services.startAnother();
  const socket = await services.connect(bob, { url: instance.httpUrl });
  const changed = next(socket, "room_changed");
  await socket.emitWithAck("watch_rooms", {});
  await services.rpc(ada).rooms.leaveRoom({ roomId });
  assert.equal((await changed).room?.createdBy, bob.id);
});

test("what is read while a changed room is read is told again behind it", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  await services.rpc(ada).messages.sendMessage({ roomId, content: "x" });
  const opened = await openStore();
  let isWatching = false;
  const find = held(opened.findRoom, (_, userId) => isWatching && userId === bob.id);
  await using instance = await services.startAnother(
    {},
    { store: { ...opened, findRoom: find.ask } },
  );
  const socket = await services.connect(bob, { url: instance.httpUrl });
  let readSeq = 0;
  socket.on("read_marked", ({ seq }) => {
    readSeq = seq;
  });
  socket.on("room_changed", ({ room }) => {
    readSeq = room.membership?.readSeq ?? 0;
  });
  await socket.emitWithAck("watch_rooms", {});
  isWatching = true;
  await services.rpc(ada, instance.rpcUrl).rooms.leaveRoom({ roomId });
  await find.wasRead;
  const marked = next(socket, "read_marked");
  await services.rpc(bob, instance.rpcUrl).rooms.markRead({ roomId });
  await marked;
  const again = [next(socket, "room_changed"), next(socket, "read_marked")];
  find.answer();
  await Promise.all(again);
  assert.equal(readSeq, 1);
});
