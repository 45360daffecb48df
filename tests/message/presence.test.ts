import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServerToClientEvents } from "#gen/socket-events.ts";
import { withoutLimits } from "#tools/rig/layout.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { findFreePorts } from "#tools/rig/ports.ts";
import { mainOf } from "#tools/rig/processes.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { createService } from "#tools/rig/service.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, type TestSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

type Presence = Parameters<ServerToClientEvents["presence_changed"]>[0];
type Status = Presence["status"];

const graceMs = 1_000;
const usersNeeded = 17;
const times = { presenceTimes: { grace: graceMs } };

/** What a socket is notified of users whom it watches. */
interface Heard {
  statuses: (user: TestUser) => Status[];
  /** Resolves when the last that was notified is so. */
  until: (user: TestUser, status: Status) => Promise<Presence>;
}

function hear(socket: TestSocket): Heard {
  const notified: Presence[] = [];
  let onNotified: () => void = () => undefined;
  socket.on("presence_changed", (presence) => {
    notified.push(presence);
    onNotified();
  });
  const of = (user: TestUser) => notified.filter(({ userId }) => userId === user.id);
  return {
    statuses: (user) => of(user).map(({ status }) => status),
    until: (user, status) =>
      new Promise((resolve, reject) => {
        const late = () => reject(new Error(`not ${status}: ${JSON.stringify(notified)}`));
        const timer = setTimeout(late, 30_000);
        onNotified = () => {
          const last = of(user).at(-1);
          if (last?.status !== status) return;
          clearTimeout(timer);
          resolve(last);
        };
        onNotified();
      }),
  };
}

async function watch(socket: TestSocket, users: readonly { id: string }[]): Promise<Presence[]> {
  const answer = await socket.emitWithAck("watch_presence", { userIds: users.map((it) => it.id) });
  assert.ok(answer.success, JSON.stringify(answer));
  return answer.users;
}

const unseen = (userId: string) => ({ userId, status: "offline", lastSeenAt: null });

async function newRoom(creator: TestUser, ...others: TestUser[]): Promise<string> {
  const made = await creator.client.post("/api/rooms", { name: "R", roomType: "private" });
  const roomId: string = made.body.room.id;
  for (const { id } of others) {
    await creator.client.post(`/api/rooms/${roomId}/members`, { userId: id });
  }
  return roomId;
}

function suite(name: string, redisOf: () => Promise<string | undefined>, skip: string | false) {
  describe(name, { skip, concurrency: true }, async () => {
    if (skip) return;
    const redisUrl = await redisOf();
    const config = redisUrl === undefined ? {} : { redisUrl };
    const platform = await shared(startPlatform({ message: config }));
    const instances = [
      await shared(platform.startMessage({}, times)),
      await shared(platform.startMessage({}, times)),
    ];
    const urls = instances.map(({ httpUrl }) => httpUrl);
    const [here = "", there = ""] = urls;
    if (redisUrl) {
      for (const url of [...urls, platform.messageUrl]) {
        while (!(await (await fetch(`${url}/health`)).text()).includes('"redis":"up"'));
      }
    }
    /** One after the other, beforehand: many at once take their time. */
    const registered: TestUser[] = [];
    while (registered.length < usersNeeded) registered.push(await registerUser(platform));
    const users = (count: number) => registered.splice(0, count);
    /** Two who share a room; the first watches the second. */
    const scene = async () => {
      const [ada, bob] = users(2);
      assert.ok(ada && bob);
      const roomId = await newRoom(ada, bob);
      const socket = await connectSocket(here, ada);
      const heard = hear(socket);
      assert.deepEqual(await watch(socket, [bob]), [unseen(bob.id)]);
      return { ada, bob, roomId, socket, heard };
    };

    for (const [where, url] of [
      ["this instance", here],
      ["the other", there],
    ] as const) {
      test(`a user of ${where} comes, is away, and goes`, async () => {
        const { bob, socket, heard } = await scene();
        const one = await connectSocket(url, bob);
        const online = await heard.until(bob, "online");
        assert.deepEqual(online, { userId: bob.id, status: "online", lastSeenAt: null });
        const two = await connectSocket(here, bob);
        await one.emitWithAck("set_presence", { status: "away" });
        await two.emitWithAck("set_presence", { status: "away" });
        await heard.until(bob, "away");
        await one.emitWithAck("set_presence", { status: "online" });
        await heard.until(bob, "online");
        await two.emitWithAck("set_presence", { status: "online" });
        two.disconnect();
        const closedAt = Date.now();
        one.disconnect();
        const { lastSeenAt } = await heard.until(bob, "offline");
        assert.ok(Date.now() - closedAt >= graceMs * 0.9, "not before its time");
        assert.ok(Math.abs(Date.parse(lastSeenAt ?? "") - closedAt) < graceMs, "when it closed");
        assert.deepEqual(heard.statuses(bob), ["online", "away", "online", "offline"]);
        assert.deepEqual(await watch(socket, [bob]), [
          { userId: bob.id, status: "offline", lastSeenAt },
        ]);
      });

      test(`who reloads, by ${where}, stays online`, async () => {
        const { bob, heard } = await scene();
        const first = await connectSocket(here, bob);
        await heard.until(bob, "online");
        first.disconnect();
        const second = await connectSocket(url, bob);
        // By then the first one's grace is over, and all that comes of it is out.
        await new Promise((resolve) => setTimeout(resolve, 2 * graceMs));
        assert.deepEqual(heard.statuses(bob), ["online"]);
        second.disconnect();
        await heard.until(bob, "offline");
      });
    }

    test("the answer has one for each id, in order; a later list takes the place", async () => {
      const { ada, bob, socket, heard } = await scene();
      const [eve] = users(1);
      assert.ok(eve);
      await newRoom(ada, eve);
      const theirs = [await connectSocket(there, bob), await connectSocket(there, eve)];
      await heard.until(bob, "online");
      const asked = [eve, bob, { id: "999999" }, bob, { id: "x'--" }, ada];
      let answer = await watch(socket, asked);
      while (answer[0]?.status !== "online") answer = await watch(socket, asked);
      const online = ({ id }: { id: string }) => ({
        userId: id,
        status: "online" as const,
        lastSeenAt: null,
      });
      assert.deepEqual(answer, [
        ...[online(eve), online(bob), unseen("999999"), online(bob), unseen("x'--"), online(ada)],
      ]);
      await watch(socket, [eve]);
      for (const its of theirs) its.disconnect();
      await heard.until(eve, "offline");
      assert.deepEqual(await watch(socket, []), []);
      assert.deepEqual(heard.statuses(bob), ["online"]);
    });

    const changes: [string, (s: Awaited<ReturnType<typeof scene>>) => [Run, Run]][] = [
      [
        "hides and shows themselves",
        ({ bob }) => [
          () => bob.client.put("/api/auth/profile", { showPresence: false }),
          () => bob.client.put("/api/auth/profile", { showPresence: true }),
        ],
      ],
      [
        "leaves the room and is added again",
        ({ ada, bob, roomId }) => [
          () => bob.client.post(`/api/rooms/${roomId}/leave`),
          () => ada.client.post(`/api/rooms/${roomId}/members`, { userId: bob.id }),
        ],
      ],
      [
        "blocks who watches, and ends that",
        ({ ada, bob }) => [
          () => bob.client.put(`/api/users/${ada.id}/block`),
          () => bob.client.delete(`/api/users/${ada.id}/block`),
        ],
      ],
    ];
    for (const [what, changesOf] of changes) {
      test(`who ${what} is seen so`, async () => {
        const s = await scene();
        const { bob, heard, socket } = s;
        const its = await connectSocket(there, bob);
        await heard.until(bob, "online");
        const [hide, show] = changesOf(s);
        const hidden = await hide();
        assert.ok(hidden.status < 300, hidden.text);
        assert.deepEqual(await heard.until(bob, "offline"), unseen(bob.id));
        assert.deepEqual(await watch(socket, [bob]), [unseen(bob.id)]);
        const shown = await show();
        assert.ok(shown.status < 300, shown.text);
        await heard.until(bob, "online");
        its.disconnect();
      });
    }
  });
}

type Run = () => Promise<{ status: number; text: string }>;

suite("presence without Redis", async () => undefined, false);
suite("presence with Redis", async () => (await shared(startRedis())).url, withoutRedis);

test("the users of an instance that is killed are offline within 30 s", async () => {
  await using platform = await startPlatform();
  const [ada, bob] = [await registerUser(platform), await registerUser(platform)];
  await newRoom(ada, bob);
  const [httpPort, rpcPort] = await findFreePorts(2);
  await using dying = createService({
    name: "message-2",
    entry: mainOf("message"),
    env: {
      ...withoutLimits,
      SERVICE_SECRET: platform.serviceSecret,
      DATABASE_URL: platform.database.url,
      AUTH_SERVICE_URL: platform.authRpcUrl,
      MESSAGE_SERVICE_HTTP_PORT: `${httpPort}`,
      MESSAGE_SERVICE_GRPC_PORT: `${rpcPort}`,
      LOG_LEVEL: "silent",
    },
  });
  await dying.start();
  const socket = await connectSocket(platform.messageUrl, ada);
  const heard = hear(socket);
  await watch(socket, [bob]);
  const its = await connectSocket(`http://127.0.0.1:${httpPort}`, bob);
  await heard.until(bob, "online");
  await dying.kill();
  its.disconnect();
  const { lastSeenAt } = await heard.until(bob, "offline");
  assert.ok(lastSeenAt);
  socket.disconnect();
});
