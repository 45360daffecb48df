import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { AppError } from "#contract/errors.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { shared } from "#tools/rig/shared.ts";
import { held } from "./harness/held.ts";
import { next, startServices } from "./harness/services.ts";

const services = await shared(startServices());
const openStore = () => openPostgresStore(services.database.url, createLogger("message", "silent"));

test("a change isn't lost that comes between a join's reading and a message that goes out with it", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const { messages } = services.rpc(ada);
  const opened = await openStore();
  /** Without Redis an instance hears of messages by these alone. */
  let mayPoll = Promise.resolve();
  let onRead = async () => {};
  const slow = {
    ...opened,
    async positions(roomIds: readonly string[]) {
      await mayPoll;
      return opened.positions(roomIds);
    },
    async readMissed(...asked: Parameters<typeof opened.readMissed>) {
      const missed = await opened.readMissed(...asked);
      await onRead();
      return missed;
    },
  };
  await using instance = await services.startAnother({}, { store: slow });
  const url = instance.httpUrl;
  const there = await services.connect(bob, { url });
  await there.emitWithAck("join_room", { roomId });
  const joining = await services.connect(bob, { url });
  const picture = new Map<number, string>();
  joining.on("new_message", ({ seq, content }) => void picture.set(seq, content));
  joining.on("message_changed", ({ message }) => {
    if (message) picture.set(message.seq, message.content);
  });

  const poll = Promise.withResolvers<void>();
  mayPoll = poll.promise;
  await messages.sendMessage({ roomId, content: "one" });
  onRead = async () => {
    onRead = async () => {};
    await messages.editMessage({ roomId, seq: 1, content: "one, edited" });
    const heard = next(there, "new_message");
    poll.resolve();
    assert.equal((await heard).revision, 1);
  };
  const ack = await joining.emitWithAck("join_room", { roomId, afterSeq: 0, afterRevision: 0 });
  assert.ok(ack.success);
  for (const message of [...ack.messages, ...ack.changes])
    picture.set(message.seq, message.content);
  const last = next(joining, "new_message");
  await messages.sendMessage({ roomId, content: "two" });
  await last;
  assert.deepEqual(
    [...picture],
    [
      [1, "one, edited"],
      [2, "two"],
    ],
  );
});

test("a room whose owner leaves while a socket joins is told again behind the answer", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const eve = await services.auth.newUser("Eve");
  const roomId = await services.newRoom([ada, bob, eve]);
  const opened = await openStore();
  const page = held(opened.readPage);
  await using instance = await services.startAnother(
    {},
    { store: { ...opened, readPage: page.ask } },
  );
  const url = instance.httpUrl;
  const other = await services.connect(eve, { url });
  await other.emitWithAck("watch_rooms", {});
  const socket = await services.connect(bob, { url });
  const changed = next(socket, "room_changed");
  const joining = socket.emitWithAck("join_room", { roomId });
  await page.wasRead;
  const toldOthers = next(other, "room_changed");
  await services.rpc(ada, instance.rpcUrl).rooms.leaveRoom({ roomId });
  await toldOthers;
  page.answer();
  const ack = await joining;
  assert.ok(ack.success);
  assert.equal(ack.room?.createdBy, ada.id);
  assert.equal((await changed).room?.createdBy, bob.id);
});

test("what is read elsewhere while a socket joins is told again behind the answer", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  await services.rpc(ada).messages.sendMessage({ roomId, content: "x" });
  const opened = await openStore();
  const page = held(opened.readPage);
  await using instance = await services.startAnother(
    {},
    { store: { ...opened, readPage: page.ask } },
  );
  const socket = await services.connect(bob, { url: instance.httpUrl });
  let readSeq = 0;
  socket.on("read_marked", ({ seq }) => {
    readSeq = seq;
  });
  const joined = new Promise<void>((resolve) => {
    socket.emit("join_room", { roomId }, (ack) => {
      assert.ok(ack.success);
      readSeq = ack.room?.membership?.readSeq ?? 0;
      resolve();
    });
  });
  await page.wasRead;
  const marked = next(socket, "read_marked");
  await services.rpc(bob, instance.rpcUrl).rooms.markRead({ roomId });
  await marked;
  const again = next(socket, "read_marked");
  page.answer();
  await Promise.all([joined, again]);
  assert.equal(readSeq, 1);
});

test("a mention that comes while a socket joins is in the answer's count", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const opened = await openStore();
  const find = held(opened.findRoom, (_, userId) => userId === bob.id);
  await using instance = await services.startAnother(
    {},
    { store: { ...opened, findRoom: find.ask } },
  );
  const socket = await services.connect(bob, { url: instance.httpUrl });
  const joining = socket.emitWithAck("join_room", { roomId });
  await find.wasRead;
  const mentioned = next(socket, "mentioned");
  const { messages } = services.rpc(ada, instance.rpcUrl);
  await messages.sendMessage({ roomId, content: "x", mentions: [bob.id] });
  await mentioned;
  find.answer();
  const ack = await joining;
  assert.ok(ack.success);
  const { unreadCount, mentionCount } = ack.room?.membership ?? {};
  assert.deepEqual([ack.room?.lastSeq, unreadCount, mentionCount], [1, 1, 1]);
});

test("who has become a member by a join that fails is told so", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada]);
  const opened = await openStore();
  const readPage = () => Promise.reject(new AppError("UNAVAILABLE"));
  await using instance = await services.startAnother({}, { store: { ...opened, readPage } });
  const socket = await services.connect(bob, { url: instance.httpUrl });
  const added = next(socket, "room_added");
  const ack = await socket.emitWithAck("join_room", { roomId });
  assert.equal(ack.success, false);
  assert.equal((await added).room.id, roomId);
});

test("who joins again, is too far behind, and leaves is told as a watcher what came meanwhile", async () => {
  const ada = await services.auth.newUser("Ada");
  const roomId = await services.newRoom([ada]);
  const { messages } = services.rpc(ada);
  for (const content of Array.from({ length: 201 }, String))
    await messages.sendMessage({ roomId, content });
  const opened = await openStore();
  const missed = held(opened.readMissed);
  const statesRead = Promise.withResolvers<void>();
  const store: typeof opened = {
    ...opened,
    readMissed: missed.ask,
    async listRoomStates(roomIds) {
      const states = await opened.listRoomStates(roomIds);
      statesRead.resolve();
      return states;
    },
  };
  await using instance = await services.startAnother({}, { store });
  const socket = await services.connect(ada, { url: instance.httpUrl });
  await socket.emitWithAck("watch_rooms", {});
  await socket.emitWithAck("join_room", { roomId });
  const again = socket.emitWithAck("join_room", { roomId, afterSeq: 0 });
  await missed.wasRead;
  await services.rpc(ada, instance.rpcUrl).messages.sendMessage({ roomId, content: "last" });
  await statesRead.promise;
  const notified = next(socket, "room_activity");
  missed.answer();
  const ack = await again;
  assert.ok(ack.success && ack.hasMore);
  await socket.emitWithAck("leave_room", { roomId });
  assert.equal((await notified).lastSeq, 202);
});
