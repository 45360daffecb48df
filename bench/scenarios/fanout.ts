import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { bareSocketIo, bareWs, type Contender, enter, ours } from "../measure/contenders.ts";
import { quantile } from "../measure/figures.ts";
import { closedLoop, openLoop, type Traffic } from "../measure/loops.ts";
import type { Scenario } from "../measure/scenario.ts";

const sizes = [100, 500, 1_000];
const senders = 20;
const underWay = 16;
const perSecond = 40;
const closedMs = 3_000;
const openMs = 5_000;

const columns = {
  perSecond: withSpread("deliveries/s"),
  cpu: withSpread("CPU µs a delivery"),
  p99: asMedian("p99 ms"),
  openCpu: withSpread(`CPU µs, ${perSecond} messages/s`),
  openP99: asMedian("p99 ms"),
};
const goals = {
  "bare Socket.IO": { perSecond: { atLeast: 2.5 }, cpu: { atMost: 0.4 }, openCpu: { atMost: 1 } },
};

export const fanout: Scenario = {
  about: "messages to 100, 500 and 1,000 sockets, all stored, against bare Socket.IO and bare ws",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const contenders = [
      stack.use(await ours()),
      stack.use(await bareSocketIo()),
      stack.use(await bareWs()),
    ];
    for (const size of sizes) {
      const sides = await Promise.all(contenders.map((it) => fill(it, size)));
      for (const side of sides) await side.measure();
      await measureRounds(sides, rounds);
      for (const { sockets } of sides) for (const socket of sockets) socket.close();
      say(comparison(`to ${size.toLocaleString("en-US")} sockets`, columns, sides, goals));
    }
    say(
      `Each with ${senders} senders taking turns. Closed loop: ${underWay} messages under way, one ` +
        `being over when every socket has it; open loop: ${perSecond} messages a second. The CPU is ` +
        "the server process's own. Ours stores each message before it goes out; the baselines store " +
        "nothing (bench/baselines/socket-io.ts, bench/baselines/bare-ws.ts; no pool).",
    );
  },
};

async function fill({ name, server, newRooms, newDoors }: Contender, size: number) {
  const [roomId = ""] = await newRooms(1);
  const sockets = await enter(await newDoors(size), () => roomId);
  const use = async (loop: () => Promise<Traffic>) => {
    const before = await server.usage();
    const { deliveries, seconds, delays } = await loop();
    const after = await server.usage();
    return {
      perSecond: deliveries / seconds,
      cpu: (after.cpuMicros - before.cpuMicros) / deliveries,
      p99: quantile(delays, 0.99),
    };
  };
  const measure = async () => {
    const closed = await use(() =>
      closedLoop(sockets, roomId, { senders, underWay, ms: closedMs }),
    );
    const open = await use(() => openLoop(sockets, roomId, { senders, perSecond, ms: openMs }));
    return { ...closed, openCpu: open.cpu, openP99: open.p99 };
  };
  return { name, sockets, samples: [], measure };
}
