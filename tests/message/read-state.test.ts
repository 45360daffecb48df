import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { AppError } from "#contract/errors.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { shared } from "#tools/rig/shared.ts";
import { next, startServices, type TestSocket, type TestUser } from "./harness/services.ts";

const services = await shared(startServices());
/** Without Redis: what the first does it finds by polling the store. */
const another = await shared(services.startAnother());
const newUser = (name: string) => services.auth.newUser(name);
const send = (user: TestUser, roomId: string) =>
  services.rpc(user).messages.sendMessage({ roomId, content: "x" });

/** The payload of the next event that is so; rejects after five seconds. */
function nextRead(socket: TestSocket, userId: string, seq: number) {
  return new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nobody has read ${seq}`)), 5_000);
    socket.on("read_marked", (mark) => {
      if (mark.userId !== userId || mark.seq !== seq) return;
      clearTimeout(timer);
      resolve(mark);
    });
  });
}

test("marks reach a user's own sockets on every instance, as receipts those in the room", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
  for (const _ of "abc") await send(ada, roomId);
  const phone = await services.connect(bob);
  const laptop = await services.connect(bob, { url: another.httpUrl });
  const other = await services.connect(ada);
  await other.emitWithAck("join_room", { roomId });

  const heard = [phone, laptop, other].map((socket) => nextRead(socket, bob.id, 2));
  const ack = await phone.emitWithAck("mark_read", { roomId, seq: 2 });
  assert.ok(ack.success);
  assert.equal(ack.membership?.readSeq, 2);
  assert.equal(ack.membership?.unreadCount, 1);
  const mark = { roomId, userId: bob.id, seq: 2 };
  assert.deepEqual(await Promise.all(heard), [mark, mark, mark]);

  // By hand: nobody else is told, and the next mark is.
  const receipts: number[] = [];
  other.on("read_marked", ({ userId, seq }) => userId === bob.id && receipts.push(seq));
  const lowered = [phone, laptop].map((socket) => nextRead(socket, bob.id, 1));
  const { membership } = await services.rpc(bob).rooms.markUnread({ roomId, seq: 2 });
  assert.equal(membership?.unreadCount, 2);
  await Promise.all(lowered);
  const sent = [phone, laptop, other].map((socket) => nextRead(socket, bob.id, 4));
  await send(bob, roomId);
  await Promise.all(sent);
  assert.deepEqual(receipts, [4]);
  const { reads } = await services.rpc(ada).rooms.listReads({ roomId });
  assert.deepEqual(
    reads.map(({ userId, seq }) => [userId, seq]),
    [
      [ada.id, 3],
      [bob.id, 4],
    ],
  );
});

test("receipts of one user are told at most twice a second, the last state among them", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  for (let n = 0; n < 10; n++) await send(ada, roomId);
  const [socket, other] = [await services.connect(bob), await services.connect(ada)];
  await other.emitWithAck("join_room", { roomId });
  const receipts: number[] = [];
  other.on("read_marked", ({ userId, seq }) => userId === bob.id && receipts.push(seq));
  const last = nextRead(other, bob.id, 10);
  for (let seq = 1; seq <= 10; seq++) await socket.emitWithAck("mark_read", { roomId, seq });
  await last;
  assert.ok(receipts.length < 10, String(receipts));
  assert.deepEqual(
    receipts,
    receipts.toSorted((a, b) => a - b),
  );
});

test("who is blocked by a reader sees nothing of what they read", async () => {
  const [ada, bob, eve] = [await newUser("Ada"), await newUser("Bob"), await newUser("Eve")];
  const roomId = await services.newRoom([ada, bob, eve]);
  await send(ada, roomId);
  const [blocked, other] = [await services.connect(eve), await services.connect(ada)];
  for (const socket of [blocked, other]) await socket.emitWithAck("join_room", { roomId });
  await services.rpc(bob).blocks.blockUser({ userId: eve.id });
  const readers: string[] = [];
  blocked.on("read_marked", ({ userId }) => readers.push(userId));
  const shown = nextRead(other, bob.id, 1);
  await services.rpc(bob).rooms.markRead({ roomId });
  await shown;
  const own = nextRead(blocked, eve.id, 1);
  await services.rpc(eve).rooms.markRead({ roomId });
  await own;
  assert.deepEqual(readers, [eve.id]);
  const { reads } = await services.rpc(eve).rooms.listReads({ roomId });
  assert.deepEqual(
    reads.map(({ userId }) => userId),
    [ada.id, eve.id],
  );
});

test("who is no member marks nothing; a private room of others isn't there", async () => {
  const [ada, eve] = [await newUser("Ada"), await newUser("Eve")];
  const open = await services.newRoom([ada]);
  const closed = await services.newRoom([ada], RoomType.PRIVATE);
  const socket = await services.connect(eve);
  const codeOf = async (roomId: string) => {
    const ack = await socket.emitWithAck("mark_read", { roomId });
    return ack.success ? "OK" : ack.code;
  };
  assert.equal(await codeOf(open), "NOT_IN_ROOM");
  assert.equal(await codeOf(closed), "ROOM_NOT_FOUND");
  assert.equal(await codeOf("nowhere"), "ROOM_NOT_FOUND");
});

test("who watches hears of rooms that they haven't joined, on every instance", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const [first, second] = [await services.newRoom([ada, bob]), await services.newRoom([ada, bob])];
  await send(ada, first);
  for (const url of [undefined, another.httpUrl]) {
    const socket = await services.connect(bob, url ? { url } : {});
    const ack = await socket.emitWithAck("watch_rooms", {});
    assert.ok(ack.success && !ack.truncated);
    assert.deepEqual(
      ack.rooms.map(({ id }) => id),
      [first, second],
    );
    const [listed] = ack.rooms;
    assert.equal(listed?.lastMessage?.seq, listed?.lastSeq);
    assert.ok((listed?.membership?.unreadCount ?? 0) > 0);
    await socket.emitWithAck("join_room", { roomId: second });
    const activity: string[] = [];
    socket.on("room_activity", ({ roomId }) => activity.push(roomId));
    const heard = next(socket, "room_activity");
    await send(ada, second);
    const { data } = await send(ada, first);
    const { lastMessage, ...rest } = await heard;
    assert.deepEqual(rest, { roomId: first, lastSeq: data?.seq, lastRevision: 0 });
    assert.equal(lastMessage?.id, data?.id);
    assert.deepEqual(activity, [first]);

    // A room that one is added to is watched too; a change of a message is activity.
    const added = next(socket, "room_added");
    const third = await services.newRoom([ada, bob], RoomType.PRIVATE);
    await added;
    await send(ada, third);
    const { messages } = services.rpc(ada);
    await messages.addReaction({ roomId: third, seq: 1, emoji: "👍" });
    for (;;) {
      const { roomId, lastRevision } = await next(socket, "room_activity");
      if (roomId === third && lastRevision === 1) break;
    }
    const removed = next(socket, "room_removed");
    await services.rpc(bob).rooms.leaveRoom({ roomId: third });
    await removed;
    await socket.emitWithAck("unwatch_rooms", {});
    socket.disconnect();
  }
});

test("of many messages the last state is told", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const socket = await services.connect(bob);
  await socket.emitWithAck("watch_rooms", {});
  const seqs: number[] = [];
  const last = new Promise<void>((resolve) => {
    socket.on("room_activity", ({ lastSeq }) => {
      seqs.push(lastSeq);
      if (lastSeq === 40) resolve();
    });
  });
  for (let n = 0; n < 40; n++) await send(ada, roomId);
  await last;
  assert.ok(seqs.length < 40, String(seqs));
});

test("members hear who follows an owner, each as they see the room", async () => {
  const [ada, bob, eve] = [await newUser("Ada"), await newUser("Bob"), await newUser("Eve")];
  const roomId = await services.newRoom([ada, bob, eve], RoomType.PRIVATE);
  const joined = await services.connect(bob);
  await joined.emitWithAck("join_room", { roomId });
  const watching = await services.connect(eve, { url: another.httpUrl });
  await watching.emitWithAck("watch_rooms", {});
  // It knows the owner from its next look at the room on.
  const seen = next(watching, "room_activity");
  await send(ada, roomId);
  await seen;
  const heard = [joined, watching].map((socket) => next(socket, "room_changed"));
  await services.rpc(ada).rooms.leaveRoom({ roomId });
  const roles = (await Promise.all(heard)).map(({ room }) => {
    assert.equal(room?.createdBy, bob.id);
    return room?.membership?.role;
  });
  assert.deepEqual(roles, ["owner", "member"]);
});

test("a new owner is told with the next look where the room couldn't be read", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const opened = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  let failures = 0;
  const failing = {
    ...opened,
    findRoom: async (...asked: Parameters<typeof opened.findRoom>) => {
      if (failures-- > 0) throw new AppError("UNAVAILABLE");
      return opened.findRoom(...asked);
    },
  };
  await using instance = await services.startAnother({}, { store: failing });
  const socket = await services.connect(bob, { url: instance.httpUrl });
  await socket.emitWithAck("join_room", { roomId });
  failures = 1;
  const heard = next(socket, "room_changed");
  await services.rpc(ada).rooms.leaveRoom({ roomId });
  assert.equal((await heard).room?.createdBy, bob.id);
  assert.ok(failures < 1, "it has failed");
});

test("a receipt comes though its room can't be read at first", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  await send(ada, roomId);
  const opened = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  let asked = 0;
  const findRoom: typeof opened.findRoom = async (id, userId) => {
    // The first time it is for the answer, the second for the receipt.
    if (userId === bob.id && ++asked === 2) throw new AppError("UNAVAILABLE");
    return opened.findRoom(id, userId);
  };
  await using instance = await services.startAnother({}, { store: { ...opened, findRoom } });
  const socket = await services.connect(ada, { url: instance.httpUrl });
  await socket.emitWithAck("join_room", { roomId });
  const receipt = nextRead(socket, bob.id, 1);
  await services.rpc(bob, instance.rpcUrl).rooms.markRead({ roomId });
  await receipt;
  assert.ok(asked > 2);
});
