import { setTimeout as pause } from "node:timers/promises";
import { bareSocketIo, type Contender, enter, ours } from "../measure/contenders.ts";
import { judged, ratio, spread, table } from "../measure/figures.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 2_000;
const rooms = 20;
const warmUp = 500;

export const memory: Scenario = {
  about: "memory per idle socket that has joined a room, against bare Socket.IO",
  async run({ rounds, say }) {
    const sides = [
      { name: "ours", open: () => ours(), rss: [] as number[], heap: [] as number[] },
      { name: "bare Socket.IO", open: bareSocketIo, rss: [] as number[], heap: [] as number[] },
    ];
    for (let round = 0; round < rounds; round++) {
      for (const side of rotated(sides, round)) {
        await using contender = await side.open();
        const { rss, heap } = await measure(contender);
        side.rss.push(rss);
        side.heap.push(heap);
      }
    }
    const [our, bare] = sides;
    say(
      table(
        ["", "KiB of resident memory a socket", "KiB of heap a socket"],
        [
          ...sides.map((it) => [it.name, spread(it.rss), spread(it.heap)]),
          [
            "ours / bare Socket.IO",
            judged(ratio(our?.rss ?? [], bare?.rss ?? []), { atMost: 1.15 }),
            judged(ratio(our?.heap ?? [], bare?.heap ?? []), { atMost: 1.15 }),
          ],
        ],
      ),
    );
    say(
      `${count} sockets over ${rooms} rooms, each of ours another user; a fresh server each round, which ` +
        `has had ${warmUp} sockets before; the garbage is collected before each look. Heap: V8's, and ` +
        "what it holds outside. Baseline: bench/baselines/socket-io.ts.",
    );
  },
};

/** What a socket adds, KiB. */
async function measure(contender: Contender): Promise<{ rss: number; heap: number }> {
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
