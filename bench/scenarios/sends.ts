import { keepCalling } from "../measure/calls.ts";
import { asMedian, comparison, measureRounds, type Side, withSpread } from "../measure/compare.ts";
import { bareSocketIo, type Contender, enter, ours } from "../measure/contenders.ts";
import { content } from "../measure/loops.ts";
import type { RawSocket } from "../measure/raw-socket.ts";
import type { Scenario } from "../measure/scenario.ts";

const senders = 20;
const underWay = 4;
const ms = 3_000;

interface Filled extends Side<"perSecond" | "p99" | "cpu"> {
  sockets: RawSocket[];
}

const columns = {
  perSecond: withSpread("acknowledged/s"),
  p99: asMedian("p99 ms"),
  cpu: withSpread("server CPU µs a send"),
};

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
      for (const side of sides) await side.measure();
      await measureRounds(sides, rounds);
      for (const { sockets } of sides) for (const socket of sockets) socket.close();
      const title = rooms === 1 ? "in one room" : `in ${rooms} rooms`;
      say(
        comparison(title, columns, sides, { "bare Socket.IO": { perSecond: { atLeast: goal } } }),
      );
    }
    say(
      `${senders} senders, each a user with ${underWay} messages under way until acknowledged, ${ms / 1000} s ` +
        "a round; every message also goes to all sockets of its room. Ours acknowledges when the " +
        "message is committed; the baseline stores nothing (bench/baselines/socket-io.ts, no pool).",
    );
  },
};

async function fill(
  { name, server, newRooms, newDoors }: Contender,
  rooms: number,
): Promise<Filled> {
  const ids = await newRooms(rooms);
  const roomOf = (i: number) => ids[i % rooms] ?? "";
  const sockets = await enter(await newDoors(senders), roomOf);
  const measure = async () => {
    const before = await server.usage();
    const calls = await keepCalling(senders * underWay, ms, async (lane) => {
      const i = lane % senders;
      const socket = sockets[i];
      if (socket) await send(socket, roomOf(i));
    });
    const after = await server.usage();
    return { ...calls, cpu: (after.cpuMicros - before.cpuMicros) / calls.count };
  };
  return { name, sockets, samples: [], measure };
}

function send(socket: RawSocket, roomId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.request("send_message", { roomId, content }, (text) => {
      if (text.startsWith('[{"success":true')) resolve();
      else reject(new Error(text));
    });
  });
}
