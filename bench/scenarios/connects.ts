import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { bareSocketIo, type Contender, ours } from "../measure/contenders.ts";
import { quantile } from "../measure/figures.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import { pooled } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 1_500;
const underWay = 32;

export const connects: Scenario = {
  about: "connects a second, signed in, against bare Socket.IO that lets everybody in",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const contenders = [stack.use(await ours()), stack.use(await bareSocketIo())];
    const sides = contenders.map((it) => ({
      name: it.name,
      samples: [],
      measure: () => measure(it),
    }));
    for (const side of sides) await side.measure();
    await measureRounds(sides, rounds);
    const columns = {
      rate: withSpread("connects/s"),
      p99: asMedian("p99 ms"),
      cpu: withSpread("server CPU µs a connect"),
    };
    say(comparison("", columns, sides, { "bare Socket.IO": { rate: { atLeast: 0.8 } } }));
    say(
      `${count} sockets a round, ${underWay} under way. Ours: to \`connected\`, each another user whose ` +
        "token's signature is verified and whose name is fetched from the auth service (a stand-in " +
        "that shares the load's process). Baseline: bench/baselines/socket-io.ts, to the answer of " +
        "the handshake.",
    );
  },
};

async function measure({ newDoors, server }: Contender) {
  const doors = await newDoors(count);
  const sockets: RawSocket[] = [];
  const latencies: number[] = [];
  const before = await server.usage();
  const startedAt = performance.now();
  await pooled(count, underWay, async (i) => {
    const begunAt = performance.now();
    const socket = await doors[i]?.();
    latencies.push(performance.now() - begunAt);
    if (socket) sockets.push(socket);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await server.usage();
  for (const socket of sockets) socket.close();
  return {
    rate: count / seconds,
    p99: quantile(latencies, 0.99),
    cpu: (after.cpuMicros - before.cpuMicros) / count,
  };
}
