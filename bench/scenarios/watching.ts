import { comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { type Contender, enter, ours, succeeded } from "../measure/contenders.ts";
import { openLoop } from "../measure/loops.ts";
import { requestOnce } from "../measure/raw-socket.ts";
import type { Scenario } from "../measure/scenario.ts";

const watchers = 1_000;
const senders = 20;
const perSecond = 100;
const ms = 5_000;

export const watching: Scenario = {
  about: "a busy room that 1,000 sockets watch without having joined it",
  async run({ rounds, say }) {
    const counted = ["new_message", "room_activity"];
    await using watched = await ours({ counted });
    await using unwatched = await ours({ counted });
    const sides = [
      await prepare(watched, "1,000 watchers", watchers),
      await prepare(unwatched, "no watcher", 0),
    ] as const;
    for (const side of sides) await side.measure();
    await measureRounds(sides, rounds);
    const [first, second] = sides;
    const more = first.samples.map(({ cores }, i) => ({
      cores: cores - (second.samples[i]?.cores ?? Number.NaN),
    }));
    const columns = { cores: withSpread("server CPU, share of a core") };
    const difference = { name: "what watching costs", samples: more };
    say(comparison("", columns, [...sides, difference]));
    say(
      `${senders} joined sockets send ${perSecond} messages a second for ${ms / 1000} s; the watchers are members, ` +
        "and hear `room_activity` once a second. Goal: 0.1 of a core for the 1,000 of them.",
    );
  },
};

async function prepare({ server, newRooms, newDoors }: Contender, name: string, count: number) {
  const [roomId = ""] = await newRooms(1);
  const sockets = await enter(await newDoors(senders + count), () => roomId);
  for (const socket of sockets.slice(senders)) {
    succeeded(await requestOnce(socket, "leave_room", { roomId }));
    succeeded(await requestOnce(socket, "watch_rooms", {}));
  }
  const joined = sockets.slice(0, senders);
  let heard = 0;
  for (const socket of sockets.slice(senders)) socket.onMessage = () => heard++;
  const samples: { cores: number }[] = [];
  return {
    name,
    samples,
    async measure() {
      heard = 0;
      const before = await server.usage();
      await openLoop(joined, roomId, { senders, perSecond, ms });
      const after = await server.usage();
      // Once a second, less what may be late.
      if (heard < count * (ms / 1000 - 2)) throw new Error(`only ${heard} activities were heard`);
      return { cores: (after.cpuMicros - before.cpuMicros) / 1000 / ms };
    },
  };
}
