import { setTimeout as pause } from "node:timers/promises";
import { comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { type Contender, type Door, enter, ours, succeeded } from "../measure/contenders.ts";
import { type RawSocket, requestOnce } from "../measure/raw-socket.ts";
import { pooled } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const users = 1_000;
const watchersOfEach = 50;
/** As many as one socket may watch. */
const watchedByEach = 200;
const observers = (users * watchersOfEach) / watchedByEach;
const limitMs = 60_000;
/** Where nobody watches there is nothing to hear: a little more than the 10 s that it takes. */
const offlineAfterMs = 12_000;

export const presence: Scenario = {
  about: "1,000 users who reconnect at once, each watched by 50, against the connects alone",
  async run({ rounds, say }) {
    const counted = ["presence_changed"];
    await using watched = await ours({ counted });
    await using unwatched = await ours({ counted });
    const sides = [
      await prepare(watched, "each watched by 50", observers),
      await prepare(unwatched, "watched by nobody", 0),
    ];
    for (const side of sides) await side.measure();
    await measureRounds(sides, rounds);
    const columns = {
      cpu: withSpread("server CPU µs a user"),
      seconds: withSpread("until the last is back, s"),
      late: withSpread("and all know, s later"),
    };
    const goals = { "watched by nobody": { cpu: { atMost: 2 } } };
    say(comparison("", columns, sides, goals));
    say(
      `${users} users in one room leave and are offline for all who watch; then all connect in the same ` +
        `moment. ${observers} sockets watch ${watchedByEach} of them each. CPU: until all of these ` +
        "know that all are online. Goal for the last column: 2 s.",
    );
  },
};

async function prepare({ server, newRooms, newDoors }: Contender, name: string, count: number) {
  const [roomId = ""] = await newRooms(1);
  const doors = await newDoors(users);
  let sockets = await enter(doors, () => roomId);
  const watching = await enter(await newDoors(count), () => roomId);
  const userIds = doors.map((it) => it.userId);
  for (const [i, socket] of watching.entries()) {
    const from = (i * watchedByEach) % users;
    const asked = { userIds: userIds.slice(from, from + watchedByEach) };
    succeeded(await requestOnce(socket, "watch_presence", asked));
  }
  return {
    name,
    samples: [],
    async measure() {
      const areOffline = heard(watching, "offline");
      for (const socket of sockets) socket.close();
      await (count > 0 ? areOffline : pause(offlineAfterMs));
      const areOnline = heard(watching, "online");
      const before = await server.usage();
      const startedAt = performance.now();
      sockets = await openAll(doors);
      const backAt = performance.now();
      await areOnline;
      const knownAt = performance.now();
      const after = await server.usage();
      return {
        cpu: (after.cpuMicros - before.cpuMicros) / users,
        seconds: (backAt - startedAt) / 1000,
        late: (knownAt - backAt) / 1000,
      };
    },
  };
}

async function openAll(doors: readonly Door[]): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  await pooled(doors.length, doors.length, async (i) => {
    const socket = await doors[i]?.();
    if (socket) sockets.push(socket);
  });
  return sockets;
}

/** Waits until each has heard this of each whom it watches. @throws Error where one doesn't */
function heard(watching: readonly RawSocket[], status: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let missing = watching.length * watchedByEach;
  if (missing === 0) resolve();
  const timer = setTimeout(() => reject(new Error(`${missing} not heard`)), limitMs);
  for (const socket of watching) {
    socket.onMessage = (text) => {
      if (text().includes(`"status":"${status}"`) && --missing === 0) resolve();
    };
  }
  return promise.finally(() => clearTimeout(timer));
}
