import { bareSocketIo, bareWs, type Contender, enter, ours } from "../measure/contenders.ts";
import { figure, judged, median, quantile, ratio, spread, table } from "../measure/figures.ts";
import { closedLoop, openLoop, type Traffic } from "../measure/loops.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const sizes = [100, 500, 1_000];
const senders = 20;
const underWay = 16;
const perSecond = 40;
const closedMs = 3_000;
const openMs = 5_000;

interface Phase {
  contender: Contender;
  sockets: RawSocket[];
  roomId: string;
  closed: Sample[];
  open: Sample[];
}

interface Sample {
  perSecond: number;
  cpuMicros: number;
  p99: number;
}

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
      const phases = await Promise.all(contenders.map((contender) => fill(contender, size)));
      for (const phase of phases) await measureClosed(phase, 1_000);
      for (let round = 0; round < rounds; round++) {
        for (const phase of rotated(phases, round)) {
          phase.closed.push(await measureClosed(phase, closedMs));
        }
        for (const phase of rotated(phases, round)) phase.open.push(await measureOpen(phase));
      }
      for (const phase of phases) for (const socket of phase.sockets) socket.close();
      say(report(size, phases));
    }
    say(
      `Each with ${senders} senders taking turns. Closed loop: ${underWay} messages under way, one ` +
        `being over when every socket has it; open loop: ${perSecond} messages a second. The CPU is ` +
        "the server process's own. Ours stores each message before it goes out; the baselines store " +
        "nothing (bench/baselines/socket-io.ts, bench/baselines/bare-ws.ts; no pool).",
    );
  },
};

async function fill(contender: Contender, size: number): Promise<Phase> {
  const [roomId = ""] = await contender.newRooms(1);
  const sockets = await enter(await contender.newDoors(size), () => roomId);
  return { contender, sockets, roomId, closed: [], open: [] };
}

const measureClosed = (phase: Phase, ms: number) =>
  measure(phase, () => closedLoop(phase.sockets, phase.roomId, { senders, underWay, ms }));

const measureOpen = (phase: Phase) =>
  measure(phase, () => openLoop(phase.sockets, phase.roomId, { senders, perSecond, ms: openMs }));

async function measure(phase: Phase, run: () => Promise<Traffic>): Promise<Sample> {
  const { server } = phase.contender;
  const before = await server.usage();
  const { deliveries, seconds, delays } = await run();
  const after = await server.usage();
  return {
    perSecond: deliveries / seconds,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / deliveries,
    p99: quantile(delays, 0.99),
  };
}

function report(size: number, phases: Phase[]): string {
  const pick = (kind: "closed" | "open", key: keyof Sample) =>
    phases.map((phase) => phase[kind].map((sample) => sample[key]));
  const rates = pick("closed", "perSecond");
  const closedCpu = pick("closed", "cpuMicros");
  const openCpu = pick("open", "cpuMicros");
  const rows = phases.map(({ contender, closed, open }, i) => [
    contender.name,
    spread(rates[i] ?? []),
    spread(closedCpu[i] ?? []),
    figure(median(closed.map(({ p99 }) => p99))),
    spread(openCpu[i] ?? []),
    figure(median(open.map(({ p99 }) => p99))),
  ]);
  const against = (i: number, hasGoal: boolean) => {
    const rate = ratio(rates[0] ?? [], rates[i] ?? []);
    const closed = ratio(closedCpu[0] ?? [], closedCpu[i] ?? []);
    const open = ratio(openCpu[0] ?? [], openCpu[i] ?? []);
    return [
      `ours / ${phases[i]?.contender.name}`,
      hasGoal ? judged(rate, { atLeast: 2.5 }) : figure(rate),
      hasGoal ? judged(closed, { atMost: 0.4 }) : figure(closed),
      "",
      hasGoal ? judged(open, { atMost: 1 }) : figure(open),
      "",
    ];
  };
  return table(
    [
      `to ${size.toLocaleString("en-US")} sockets`,
      "deliveries/s",
      "CPU µs a delivery",
      "p99 ms",
      `CPU µs, ${perSecond} messages/s`,
      "p99 ms",
    ],
    [...rows, against(1, true), against(2, false)],
  );
}
