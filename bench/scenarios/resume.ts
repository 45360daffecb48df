import {
  bareSocketIo,
  type Contender,
  type Door,
  enter,
  join,
  ours,
} from "../measure/contenders.ts";
import { figure, median, quantile, ratio, spread, table } from "../measure/figures.ts";
import { content } from "../measure/loops.ts";
import { type RawSocket, requestOnce } from "../measure/raw-socket.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 500;
const missed = 50;

interface Side {
  contender: Contender;
  roomId: string;
  writer: RawSocket;
  doors: Door[];
  seq: number;
  seconds: number[];
  p50s: number[];
  cpu: number[];
}

export const resume: Scenario = {
  about: "500 sockets that come back at once and ask for what they missed",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const contenders = [stack.use(await ours()), stack.use(await bareSocketIo())];
    const sides = await Promise.all(contenders.map(prepare));
    for (let round = 0; round < rounds; round++) {
      for (const side of rotated(sides, round)) await measure(side);
    }
    const [our, bare] = sides;
    say(
      table(
        ["", "until the last is back, s", "p50 ms", "server CPU µs a socket"],
        [
          ...sides.map((it) => [
            it.contender.name,
            spread(it.seconds),
            figure(median(it.p50s)),
            spread(it.cpu),
          ]),
          [
            "ours / bare Socket.IO",
            figure(ratio(our?.seconds ?? [], bare?.seconds ?? [])),
            figure(ratio(our?.p50s ?? [], bare?.p50s ?? [])),
            figure(ratio(our?.cpu ?? [], bare?.cpu ?? [])),
          ],
        ],
      ),
    );
    say(
      `${count} sockets, each another user, in one room; cut, then ${missed} messages are sent, then all ` +
        "connect in the same moment and join with `afterSeq`. Each must get exactly what it missed. " +
        "Ours reads it from PostgreSQL and checks token and membership; the baseline answers from an " +
        "array in memory and checks nothing (bench/baselines/socket-io.ts).",
    );
  },
};

async function prepare(contender: Contender): Promise<Side> {
  const [roomId = ""] = await contender.newRooms(1);
  const [writerDoor, ...doors] = await contender.newDoors(count + 1);
  const [writer] = await enter(writerDoor ? [writerDoor] : [], () => roomId);
  if (!writer) throw new Error("nobody to write");
  for (const socket of await enter(doors, () => roomId)) socket.close();
  return { contender, roomId, writer, doors, seq: 0, seconds: [], p50s: [], cpu: [] };
}

async function measure(side: Side): Promise<void> {
  const { roomId, writer, doors, contender } = side;
  const afterSeq = side.seq;
  for (let i = 0; i < missed; i++) await requestOnce(writer, "send_message", { roomId, content });
  side.seq += missed;
  const before = await contender.server.usage();
  const startedAt = performance.now();
  const times: number[] = [];
  const sockets = await Promise.all(
    doors.map(async (open) => {
      const socket = await open();
      const answer = await join(socket, roomId, afterSeq);
      if (!hasMissed(answer)) throw new Error("a socket did not get what it missed");
      times.push(performance.now() - startedAt);
      return socket;
    }),
  );
  side.seconds.push((performance.now() - startedAt) / 1000);
  const after = await contender.server.usage();
  side.p50s.push(quantile(times, 0.5));
  side.cpu.push((after.cpuMicros - before.cpuMicros) / count);
  for (const socket of sockets) socket.close();
}

function hasMissed(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null || !("messages" in answer)) return false;
  return Array.isArray(answer.messages) && answer.messages.length === missed;
}
