import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { AppError } from "#contract/errors.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { shared } from "#tools/rig/shared.ts";
import { next, range, startServices, type TestSocket, type TestUser } from "./harness/services.ts";

const services = await shared(startServices());
/** Without Redis: what the first does it finds by polling the store. */
const another = await shared(services.startAnother());
const newUser = (name: string) => services.auth.newUser(name);

/** What a socket is notified of, and when that has come so far. */
function hear(socket: TestSocket) {
  const seqs: number[] = [];
  socket.on("mentioned", ({ message }) => seqs.push(message.seq));
  const until = async (seq: number) => {
    while (!seqs.includes(seq)) await next(socket, "mentioned");
  };
  return { seqs, until };
}

const mention = (by: TestUser, roomId: string, users: TestUser[], url?: string) =>
  services.rpc(by, url).messages.sendMessage({
    ...{ roomId, content: "look", mentions: users.map(({ id }) => id) },
  });
const mentionRoom = (by: TestUser, roomId: string, url?: string) =>
  services.rpc(by, url).messages.sendMessage({ roomId, content: "all", mentionsRoom: true });

test("all sockets of who is mentioned are notified once, on every instance", async () => {
  const [ada, bob, eve] = [await newUser("Ada"), await newUser("Bob"), await newUser("Eve")];
  const roomId = await services.newRoom([ada, bob, eve]);
  const sockets = [
    await services.connect(bob),
    await services.connect(bob, { url: another.httpUrl }),
    await services.connect(eve, { url: another.httpUrl }),
    await services.connect(ada),
  ];
  await sockets[0]?.emitWithAck("join_room", { roomId });
  const heard = sockets.map(hear);
  await mention(ada, roomId, [bob]);
  await mention(ada, roomId, [eve], another.rpcUrl);
  await mentionRoom(ada, roomId);
  await mention(eve, roomId, [ada, bob], another.rpcUrl);
  await mentionRoom(bob, roomId, another.rpcUrl);
  await Promise.all([
    heard[0]?.until(4),
    heard[1]?.until(4),
    heard[2]?.until(5),
    heard[3]?.until(5),
  ]);
  assert.deepEqual(
    heard.map(({ seqs }) => seqs),
    [
      [1, 3, 4],
      [1, 3, 4],
      [2, 3, 5],
      [4, 5],
    ],
  );
});

test("a repeated message mentions nobody twice; who has left a room isn't mentioned", async () => {
  const [ada, bob, eve] = [await newUser("Ada"), await newUser("Bob"), await newUser("Eve")];
  const roomId = await services.newRoom([ada, bob, eve]);
  const [mine, theirs] = [hear(await services.connect(bob)), hear(await services.connect(eve))];
  const once = { roomId, content: "x", mentions: [bob.id], clientMessageId: "once" };
  const { messages } = services.rpc(ada);
  await messages.sendMessage(once);
  assert.equal((await messages.sendMessage(once)).duplicate, true);
  await services.rpc(eve).rooms.leaveRoom({ roomId });
  await mentionRoom(ada, roomId);
  await services.rpc(eve).rooms.joinRoom({ roomId });
  await mention(ada, roomId, [bob, eve]);
  await Promise.all([mine.until(3), theirs.until(3)]);
  assert.deepEqual([mine.seqs, theirs.seqs], [[1, 2, 3], [3]]);
});

test("in a room of many all others who are there are notified", async () => {
  const [ada, bob, eve] = [await newUser("Ada"), await newUser("Bob"), await newUser("Eve")];
  const roomId = await services.newRoom([ada, bob]);
  await using store = await openPostgresStore(
    services.database.url,
    createLogger("message", "silent"),
  );
  await Promise.all(range(1, 100).map((n) => store.addMember(roomId, `8000${n}`)));
  const sockets = [ada, bob, eve].map((user) => services.connect(user, { url: another.httpUrl }));
  const [sender, member, outsider] = (await Promise.all(sockets)).map(hear);
  await mentionRoom(ada, roomId);
  await mention(ada, roomId, [bob]);
  await member?.until(2);
  assert.deepEqual([sender?.seqs, member?.seqs, outsider?.seqs], [[], [1, 2], []]);
});

test("who is mentioned hears of it though the store fails for a moment", async () => {
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const opened = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  let failures = 3;
  const failing = {
    ...opened,
    listMembers: async (...asked: Parameters<typeof opened.listMembers>) => {
      if (failures-- > 0) throw new AppError("UNAVAILABLE");
      return opened.listMembers(...asked);
    },
  };
  await using instance = await services.startAnother({}, { store: failing });
  const heard = hear(await services.connect(bob, { url: instance.httpUrl }));
  await mentionRoom(ada, roomId, instance.rpcUrl);
  await mention(ada, roomId, [bob], instance.rpcUrl);
  await heard.until(2);
  assert.deepEqual([heard.seqs, failures < 0], [[1, 2], true]);
});

test("instances notify each other by Redis, and miss nothing while it is away", {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis();
  await using one = await services.startAnother({ redisUrl: redis.url });
  await using two = await services.startAnother({ redisUrl: redis.url });
  const [ada, bob] = [await newUser("Ada"), await newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const heard = hear(await services.connect(bob, { url: two.httpUrl }));
  await mention(ada, roomId, [bob], one.rpcUrl);
  await heard.until(1);
  await redis.stop();
  await mentionRoom(ada, roomId, one.rpcUrl);
  await mention(ada, roomId, [bob], one.rpcUrl);
  await heard.until(3);
  await redis.start();
  await mention(ada, roomId, [bob], one.rpcUrl);
  await heard.until(4);
  assert.deepEqual(heard.seqs, [1, 2, 3, 4]);
});
