import { setTimeout as pause } from "node:timers/promises";
import { comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { bareSocketIo, type Contender, enter, ours } from "../measure/contenders.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 2_000;
const rooms = 20;
const warmUp = 500;

export const memory: Scenario = {
  about: "memory per idle socket that has joined a room, against bare Socket.IO",
  async run({ rounds, say }) {
    const sides = [
      { name: "ours", samples: [], measure: () => measure(ours) },
      { name: "bare Socket.IO", samples: [], measure: () => measure(bareSocketIo) },
    ];
    await measureRounds(sides, rounds);
    const columns = {
      rss: withSpread("KiB of resident memory a socket"),
      heap: withSpread("KiB of heap a socket"),
    };
    const goals = { rss: { atMost: 1.15 }, heap: { atMost: 1.15 } };
    say(comparison("", columns, sides, { "bare Socket.IO": goals }));
    say(
      `${count} sockets over ${rooms} rooms, each of ours another user; a fresh server each round, which ` +
        `has had ${warmUp} sockets before; the garbage is collected before each look. Heap: V8's, and ` +
        "what it holds outside. Baseline: bench/baselines/socket-io.ts.",
    );
  },
};

/** What a socket adds, KiB. */
async function measure(open: () => Promise<Contender>): Promise<{ rss: number; heap: number }> {
  await using contender = await open();
  const ids = await contender.newRooms(rooms);
  const roomOf = (i: number) => ids[i % rooms] ?? "";
  for (const socket of await enter(await contender.newDoors(warmUp), roomOf)) socket.close();
  await pause(500);
  const before = await contender.server.usage(true);
  const sockets = await enter(await contender.newDoors(count), roomOf);
  await pause(500);
  const after = await contender.server.usage(true);
  for (const socket of sockets) socket.close();
  return {
    rss: (after.rss - before.rss) / count / 1024,
    heap: (after.heap - before.heap) / count / 1024,
  };
}
