import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, type TestSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

type Word = "typing_start" | "typing_stop";

/** What a socket hears of typing, in order. */
function listen(socket: TestSocket) {
  const words: Word[] = [];
  let waiting: { word: Word; resolve: () => void }[] = [];
  for (const word of ["typing_start", "typing_stop"] as const) {
    socket.on(word, () => {
      words.push(word);
      for (const it of waiting) if (it.word === word) it.resolve();
      waiting = waiting.filter((it) => it.word !== word);
    });
  }
  const next = (word: Word) => new Promise<void>((resolve) => waiting.push({ word, resolve }));
  return { words, next };
}

type Heard = ReturnType<typeof listen>;

interface Scene {
  creator: TestUser;
  typist: TestUser;
  roomId: string;
  /** The typist's, on the first instance. */
  socket: TestSocket;
  /** Others, who hear of it. */
  others: Heard[];
  join: (user: TestUser, instance: number) => Promise<TestSocket>;
}

/** @param listeners the instance of each socket that listens */
async function setScene(platform: Platform, listeners: number[]): Promise<Scene> {
  const [creator, typist] = [await registerUser(platform), await registerUser(platform)];
  const made = await creator.client.post("/api/rooms", { name: "R", roomType: "private" });
  const roomId: string = made.body.room.id;
  await creator.client.post(`/api/rooms/${roomId}/members`, { userId: typist.id });
  const join = async (user: TestUser, instance: number) => {
    const socket = await connectSocket(platform.messageUrls[instance] ?? "", user);
    assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
    return socket;
  };
  const others = await Promise.all(listeners.map(async (i) => listen(await join(creator, i))));
  return { creator, typist, roomId, socket: await join(typist, 0), others, join };
}

const all = (heard: Heard[], word: Word) => Promise.all(heard.map((it) => it.next(word)));

const ends: [string, (scene: Scene) => unknown][] = [
  ["they say so", ({ socket, roomId }) => socket.emit("typing_stop", { roomId })],
  ["their socket closes", ({ socket }) => socket.disconnect()],
  ["their connection breaks", ({ socket }) => socket.io.engine.close()],
  ["they leave", ({ socket, roomId }) => socket.emit("leave_room", { roomId })],
  [
    "they leave by another way",
    ({ typist, roomId }) => typist.client.post(`/api/rooms/${roomId}/leave`),
  ],
  [
    "they are removed",
    ({ creator, typist, roomId }) =>
      creator.client.delete(`/api/rooms/${roomId}/members/${typist.id}`),
  ],
  ["they sign out", ({ typist }) => typist.client.post("/api/auth/logout")],
  [
    "they send a message",
    ({ socket, roomId }) => socket.emit("send_message", { roomId, content: "x" }, () => undefined),
  ],
  [
    "they send a message by another way",
    ({ typist, roomId }) =>
      typist.client.post(`/api/rooms/${roomId}/messages`, { content: "typed" }),
  ],
  ["they say nothing for a while", () => undefined],
];

function endsOf(platform: () => Platform, listeners: number[], skip: string | false = false) {
  for (const [name, end] of ends) {
    test(`typing ends when ${name}`, { skip }, async () => {
      const scene = await setScene(platform(), listeners);
      const { socket, roomId, others } = scene;
      const started = all(others, "typing_start");
      socket.emit("typing_start", { roomId });
      await started;
      const stopped = all(others, "typing_stop");
      await end(scene);
      await stopped;
      for (const { words } of others) assert.deepEqual(words, ["typing_start", "typing_stop"]);
    });
  }
}

/** A user with two sockets types until none of them does. */
async function typeOnTwo(scene: Scene, second: TestSocket): Promise<void> {
  const { socket, others, roomId } = scene;
  for (const its of [socket, second]) {
    const started = all(others, "typing_start");
    its.emit("typing_start", { roomId });
    await started;
  }
  await socket.emitWithAck("send_message", { roomId, content: "of one, not of the other" });
  socket.disconnect();
  const again = all(others, "typing_start");
  second.emit("typing_start", { roomId });
  await again;
  const stopped = all(others, "typing_stop");
  second.emit("leave_room", { roomId });
  await stopped;
  const expected = ["typing_start", "typing_start", "typing_start", "typing_stop"];
  for (const { words } of others) assert.deepEqual(words, expected);
}

describe("without Redis, two instances", { concurrency: true }, async () => {
  const platform = await shared(startPlatform({ instances: 2 }));
  endsOf(() => platform, [0]);

  test("typing lasts while it is said again", async () => {
    const { socket, roomId, others } = await setScene(platform, [0]);
    const [heard] = others;
    assert.ok(heard);
    for (let i = 0; i < 3; i++) {
      const started = heard.next("typing_start");
      socket.emit("typing_start", { roomId });
      await started;
      await pause(3_000);
    }
    assert.ok(!heard.words.includes("typing_stop"), "after 9 s it goes on");
    await heard.next("typing_stop");
  });

  test("typing on several sockets ends with the last", async () => {
    const scene = await setScene(platform, [0]);
    await typeOnTwo(scene, await scene.join(scene.typist, 0));
  });

  test("sockets that don't type end nothing", async () => {
    const scene = await setScene(platform, [0]);
    const idle = await scene.join(scene.typist, 0);
    const started = all(scene.others, "typing_start");
    scene.socket.emit("typing_start", { roomId: scene.roomId });
    await started;
    idle.emit("typing_stop", { roomId: scene.roomId });
    await idle.emitWithAck("send_message", { roomId: scene.roomId, content: "x" });
    idle.disconnect();
    const stopped = all(scene.others, "typing_stop");
    scene.socket.disconnect();
    await stopped;
    assert.deepEqual(scene.others[0]?.words, ["typing_start", "typing_stop"]);
  });
});

describe("with Redis, two instances", { concurrency: true }, async () => {
  if (withoutRedis) return test("typing", { skip: withoutRedis }, () => undefined);
  const redis = await shared(startRedis());
  const platform = await shared(startPlatform({ instances: 2, message: { redisUrl: redis.url } }));
  for (const url of platform.messageUrls) {
    while (!(await (await fetch(`${url}/health`)).text()).includes('"redis":"up"'));
  }
  endsOf(() => platform, [0, 1]);

  test("typing on sockets of both ends with the last", async () => {
    const scene = await setScene(platform, [0, 1]);
    await typeOnTwo(scene, await scene.join(scene.typist, 1));
  });
});

test("typing ends on other instances where Redis is lost meanwhile", {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis();
  await using platform = await startPlatform({ instances: 2, message: { redisUrl: redis.url } });
  for (const url of platform.messageUrls) {
    while (!(await (await fetch(`${url}/health`)).text()).includes('"redis":"up"'));
  }
  const { socket, roomId, others } = await setScene(platform, [1]);
  const started = all(others, "typing_start");
  socket.emit("typing_start", { roomId });
  await started;
  const stopped = all(others, "typing_stop");
  await redis.stop();
  socket.disconnect();
  await stopped;
});
