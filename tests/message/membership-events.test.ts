import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Server } from "socket.io";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { createAudience } from "#message/realtime/audience.ts";
import { createDelivery } from "#message/realtime/delivery.ts";
import { createFanout } from "#message/realtime/fanout.ts";
import { createHints } from "#message/realtime/hints.ts";
import { createMembership } from "#message/realtime/membership.ts";
import type { ChatServer } from "#message/socket/chat-server.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { type RedisServer, startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { next, type Stage, setStage, type TestSocket, type TestUser } from "./harness/stage.ts";
import { makeRoom, newUser } from "./store-suite-drafts.ts";

let stage: Stage;
let ada: TestUser;
let bob: TestUser;
before(async () => {
  stage = await setStage();
  [ada, bob] = [await stage.auth.newUser("Ada Lovelace"), await stage.auth.newUser("Bob Dylan")];
});
after(() => stage[Symbol.asyncDispose]());

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
    await stage.startAnother({ redisUrl: redis.url }),
    await stage.startAnother({ redisUrl: redis.url }),
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
  await using listening = await stage.startAnother({ redisUrl: redis.url });
  await untilRedis(listening.httpUrl, "up");
  const socket = await stage.connect(bob, { url: listening.httpUrl });
  const roomId = await stage.newRoom([ada], RoomType.PRIVATE);
  const heard = changesHeard(socket, roomId);
  // The first instance has none at all.
  const { rooms } = stage.rpc(ada);
  const added = next(socket, "room_added");
  await rooms.addMember({ roomId, userId: bob.id });
  assert.equal((await added).room.id, roomId);
  const removed = next(socket, "room_removed");
  await rooms.removeMember({ roomId, userId: bob.id });
  assert.deepEqual(await removed, { roomId });
  assert.deepEqual(heard, ["+", "-"]);
});

test("what is changed in a blink of Redis is heard, and what was told before isn't again", {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis();
  const { one, two, untilAll } = await startPair(redis);
  const socket = await stage.connect(bob, { url: two.httpUrl });
  const roomId = await stage.newRoom([ada], RoomType.PRIVATE);
  const heard = changesHeard(socket, roomId);
  const { rooms } = stage.rpc(ada, one.rpcUrl);
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
  await stage.newRoom([bob]);
  await last;
  assert.equal(heard.join(""), "+-+-+");
});

test("who came back a moment ago isn't put out by an older word of his going", async () => {
  const log = createLogger("message", "silent");
  await using store = await openPostgresStore(stage.database.url, log);
  const io: ChatServer = new Server();
  const delivery = createDelivery(io);
  using fanout = createFanout({
    store,
    log,
    metrics: createMetrics("message"),
    announce: () => undefined,
    audience: createAudience(io, delivery, () => undefined),
  });
  const hints = createHints(io, () => false);
  const membership = createMembership({ io, store, fanout, delivery, hints });
  const [creator, userId] = [newUser(), newUser()];
  const { id: roomId } = await makeRoom(store, [creator, userId]);
  const joining = await fanout.attach(roomId, userId);
  await membership.found({ userId, roomId, isMember: false });
  assert.equal(joining.isCancelled(), false);
  await store.removeMember(roomId, userId);
  await membership.found({ userId, roomId, isMember: false });
  assert.equal(joining.isCancelled(), true);
  joining.end();
});
