import { bareSocketIo, type Contender, enter, ours } from "../measure/contenders.ts";
import { figure, judged, median, quantile, ratio, spread, table } from "../measure/figures.ts";
import { content } from "../measure/loops.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const senders = 20;
const underWay = 4;
const ms = 3_000;

interface Side {
  contender: Contender;
  sockets: RawSocket[];
  roomOf: (i: number) => string;
  rates: number[];
  p99s: number[];
  cpu: number[];
}

export const sends: Scenario = {
  about: "acknowledged sends over sockets, in 20 rooms and in one, against bare Socket.IO",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const contenders = [stack.use(await ours()), stack.use(await bareSocketIo())];
    for (const { rooms, goal } of [
      { rooms: senders, goal: 0.5 },
      { rooms: 1, goal: 1.5 },
    ]) {
      const sides = await Promise.all(contenders.map((it) => fill(it, rooms)));
      for (const side of sides) {
        await measure(side, 1_000);
        side.rates = side.p99s = side.cpu = [];
      }
      for (let round = 0; round < rounds; round++) {
        for (const side of rotated(sides, round)) await measure(side, ms);
      }
      for (const { sockets } of sides) for (const socket of sockets) socket.close();
      say(report(rooms, sides, goal));
    }
    say(
      `${senders} senders, each a user with ${underWay} messages under way until acknowledged, ${ms / 1000} s ` +
        "a round; every message also goes to all sockets of its room. Ours acknowledges when the " +
        "message is committed; the baseline stores nothing (bench/baselines/socket-io.ts, no pool).",
    );
  },
};

async function fill(contender: Contender, rooms: number): Promise<Side> {
  const ids = await contender.newRooms(rooms);
  const roomOf = (i: number) => ids[i % rooms] ?? "";
  const sockets = await enter(await contender.newDoors(senders), roomOf);
  return { contender, sockets, roomOf, rates: [], p99s: [], cpu: [] };
}

async function measure(side: Side, forMs: number): Promise<void> {
  const { sockets, roomOf, contender } = side;
  const latencies: number[] = [];
  const before = await contender.server.usage();
  const startedAt = performance.now();
  await Promise.all(
    sockets.flatMap((socket, i) =>
      Array.from({ length: underWay }, () =>
        keepSending(socket, roomOf(i), startedAt + forMs, latencies),
      ),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await contender.server.usage();
  side.rates = [...side.rates, latencies.length / seconds];
  side.p99s = [...side.p99s, quantile(latencies, 0.99)];
  side.cpu = [...side.cpu, (after.cpuMicros - before.cpuMicros) / latencies.length];
}

function keepSending(
  socket: RawSocket,
  roomId: string,
  endsAt: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = () => {
      const sentAt = performance.now();
      socket.request("send_message", { roomId, content }, (text) => {
        if (!text.startsWith('[{"success":true')) return reject(new Error(text));
        latencies.push(performance.now() - sentAt);
        if (performance.now() < endsAt) send();
        else resolve();
      });
    };
    send();
  });
}

function report(rooms: number, sides: Side[], goal: number): string {
  const [our, bare] = sides;
  const rates = ratio(our?.rates ?? [], bare?.rates ?? []);
  return table(
    [
      rooms === 1 ? "in one room" : `in ${rooms} rooms`,
      "acknowledged/s",
      "p99 ms",
      "server CPU µs a send",
    ],
    [
      ...sides.map((it) => [
        it.contender.name,
        spread(it.rates),
        figure(median(it.p99s)),
        spread(it.cpu),
      ]),
      [
        "ours / bare Socket.IO",
        judged(rates, { atLeast: goal }),
        figure(ratio(our?.p99s ?? [], bare?.p99s ?? [])),
        figure(ratio(our?.cpu ?? [], bare?.cpu ?? [])),
      ],
    ],
  );
}
