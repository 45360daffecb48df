import { bareSocketIo, type Contender, ours } from "../measure/contenders.ts";
import { figure, median, quantile, ratio, spread, table } from "../measure/figures.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import { pooled, rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 1_500;
const underWay = 32;

export const connects: Scenario = {
  about: "connects a second, signed in, against bare Socket.IO that lets everybody in",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const contenders = [stack.use(await ours()), stack.use(await bareSocketIo())];
    const sides = contenders.map((contender) => ({
      contender,
      samples: [] as { rate: number; p99: number; cpu: number }[],
    }));
    for (const { contender } of sides) await measure(contender);
    for (let round = 0; round < rounds; round++) {
      for (const { contender, samples } of rotated(sides, round)) {
        samples.push(await measure(contender));
      }
    }
    const pick = (i: number, key: "rate" | "p99" | "cpu") =>
      sides[i]?.samples.map((sample) => sample[key]) ?? [];
    say(
      table(
        ["", "connects/s", "p99 ms", "server CPU µs a connect"],
        [
          ...sides.map(({ contender }, i) => [
            contender.name,
            spread(pick(i, "rate")),
            figure(median(pick(i, "p99"))),
            spread(pick(i, "cpu")),
          ]),
          [
            "ours / bare Socket.IO",
            figure(ratio(pick(0, "rate"), pick(1, "rate"))),
            figure(ratio(pick(0, "p99"), pick(1, "p99"))),
            figure(ratio(pick(0, "cpu"), pick(1, "cpu"))),
          ],
        ],
      ),
    );
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
