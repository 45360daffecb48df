import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MessageStore } from "#message/store/store.ts";
import { type RedisServer, startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { shared } from "#tools/rig/shared.ts";
import { held } from "./harness/held.ts";
import { next, startServices, type TestSocket } from "./harness/services.ts";

const services = await shared(startServices());
const ada = await services.auth.newUser("Ada Lovelace");
const bob = await services.auth.newUser("Bob Dylan");

async function untilRedis(url: string, state: "up" | "down"): Promise<void> {
  for (;;) {
    const body = await (await fetch(`${url}/health`)).text();
    if (JSON.parse(body).dependencies.redis === state) return;
  }
}

/** What a socket hears of a room's members: + and -. */
function changesHeard(socket: TestSocket, roomId: string): string[] {
  const heard: string[] = [];
  socket.on("room_added", ({ room }) => room.id === roomId && heard.push("+"));
  socket.on("room_removed", (gone) => gone.roomId === roomId && heard.push("-"));
  return heard;
}

/** Two instances that tell each other by Redis. */
async function startPair(redis: RedisServer) {
  const pair = [
    await services.startAnother({ redisUrl: redis.url }),
    await services.startAnother({ redisUrl: redis.url }),
  ] as const;
  const untilAll = (state: "up" | "down") =>
    Promise.all(pair.map((it) => untilRedis(it.httpUrl, state)));
  await untilAll("up");
  return { one: pair[0], two: pair[1], untilAll };
}

test("what an instance that has lost Redis changes is found by one that has it", {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis();
  await using listening = await services.startAnother({ redisUrl: redis.url });
  await untilRedis(listening.httpUrl, "up");
  const socket = await services.connect(bob, { url: listening.httpUrl });
  const roomId = await services.newRoom([ada], RoomType.PRIVATE);
  const heard = changesHeard(socket, roomId);
  // The first instance has none at all.
  const { rooms } = services.rpc(ada);
  const added = next(socket, "room_added");
  await rooms.addMember({ roomId, userId: bob.id });
  assert.equal((await added).room.id, roomId);
  const removed = next(socket, "room_removed");
  await rooms.removeMember({ roomId, userId: bob.id });
  assert.deepEqual(await removed, { roomId });
  assert.deepEqual(heard, ["+", "-"]);
});

test("what is changed in a blink of Redis is heard, and what was sent before isn't sent again", {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis();
  const { one, two, untilAll } = await startPair(redis);
  const socket = await services.connect(bob, { url: two.httpUrl });
  const roomId = await services.newRoom([ada], RoomType.PRIVATE);
  const heard = changesHeard(socket, roomId);
  const { rooms } = services.rpc(ada, one.rpcUrl);
  const add = async () => {
    const added = next(socket, "room_added");
    await rooms.addMember({ roomId, userId: bob.id });
    await added;
  };
  const remove = async () => {
    const removed = next(socket, "room_removed");
    await rooms.removeMember({ roomId, userId: bob.id });
    await removed;
  };
  await add();
  await remove();
  await add();
  await redis.stop();
  await untilAll("down");
  const removed = next(socket, "room_removed");
  await rooms.removeMember({ roomId, userId: bob.id });
  await redis.start();
  await removed;
  await untilAll("up");
  await add();
  // By the poll that finds this one everything else would have been found too.
  const last = next(socket, "room_added");
  await services.newRoom([bob]);
  await last;
  assert.equal(heard.join(""), "+-+-+");
});

test("a socket that has joined again isn't put out by an older removal that comes late", async () => {
  const store = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  const removal = Promise.withResolvers<void>();
  const isRemoved = Promise.withResolvers<void>();
  const slow: MessageStore = {
    ...store,
    async removeMember(...member) {
      const change = await store.removeMember(...member);
      isRemoved.resolve();
      await removal.promise;
      return change;
    },
  };
  await using place = await services.startAnother({}, { store: slow });
  const roomId = await services.newRoom([ada, bob]);
  const socket = await services.connect(bob, { url: place.httpUrl });
  const { rooms, messages } = services.rpc(bob, place.rpcUrl);
  const leaving = rooms.leaveRoom({ roomId });
  await isRemoved.promise;
  const added = next(socket, "room_added");
  await rooms.joinRoom({ roomId });
  await added;
  assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
  removal.resolve();
  await leaving;
  const got = next(socket, "new_message");
  await messages.sendMessage({ roomId, content: "still here" });
  assert.equal((await got).seq, 1);
});

test("who is added again before the removal is answered still watches the room", async () => {
  const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
  const opened = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  const removal = held(opened.removeMember);
  await using instance = await services.startAnother(
    {},
    { store: { ...opened, removeMember: removal.ask } },
  );
  const socket = await services.connect(bob, { url: instance.httpUrl });
  await socket.emitWithAck("watch_rooms", {});
  const { rooms } = services.rpc(ada, instance.rpcUrl);
  const removing = rooms.removeMember({ roomId, userId: bob.id });
  await removal.wasRead;
  const added = next(socket, "room_added");
  await services.rpc(ada).rooms.addMember({ roomId, userId: bob.id });
  await added;
  removal.answer();
  await removing;
  const notified = next(socket, "room_activity");
  await services.rpc(ada).messages.sendMessage({ roomId, content: "x" });
  assert.equal((await notified).lastSeq, 1);
});
