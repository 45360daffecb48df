import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import {
  bareSocketIo,
  type Contender,
  enter,
  join,
  ours,
  succeeded,
} from "../measure/contenders.ts";
import { quantile } from "../measure/figures.ts";
import { content } from "../measure/loops.ts";
import { requestOnce } from "../measure/raw-socket.ts";
import type { Scenario } from "../measure/scenario.ts";

const count = 500;
const missed = 50;

export const resume: Scenario = {
  about: "500 sockets that come back at once and ask for what they missed, changes too",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const [us, bare] = [stack.use(await ours()), stack.use(await bareSocketIo())];
    const messages = await prepare(us, us.name, 0);
    const sides = [messages, await prepare(bare, bare.name, 0)];
    const changed = await prepare(us, `ours, and ${missed} changes`, missed);
    // What is edited must be there first.
    await changed.measure();
    await measureRounds([...sides, changed], rounds);
    const columns = {
      seconds: withSpread("until the last is back, s"),
      p50: asMedian("p50 ms"),
      cpu: withSpread("server CPU µs a socket"),
    };
    say(comparison("", columns, sides, { "bare Socket.IO": { seconds: { atMost: 1.3 } } }));
    say(comparison("", columns, [changed, messages], { ours: { cpu: { atMost: 1.5 } } }));
    say(
      `${count} sockets, each another user, in one room; cut, then ${missed} messages are sent, then all ` +
        "connect in the same moment and join with `afterSeq`. Each must get exactly what it missed; where there " +
        `are changes, ${missed} of the messages before were edited ` +
        "meanwhile, and it joins with `afterRevision`. " +
        "Ours reads it from PostgreSQL and checks token and membership; the baseline answers from an " +
        "array in memory and checks nothing (bench/baselines/socket-io.ts).",
    );
  },
};

async function prepare({ server, newRooms, newDoors }: Contender, name: string, changes: number) {
  const [roomId = ""] = await newRooms(1);
  const [writerDoor, ...doors] = await newDoors(count + 1);
  const [writer] = await enter(writerDoor ? [writerDoor] : [], () => roomId);
  if (!writer) throw new Error("nobody to write");
  for (const socket of await enter(doors, () => roomId)) socket.close();
  let seq = 0;
  let revision = 0;
  const measure = async () => {
    const after = { seq, revision };
    for (let i = 0; i < Math.min(changes, seq); i++) {
      const edit = { roomId, seq: seq - i, content: `${content} ${++revision}` };
      succeeded(await requestOnce(writer, "edit_message", edit));
    }
    const edited = revision - after.revision;
    for (let i = 0; i < missed; i++) await requestOnce(writer, "send_message", { roomId, content });
    seq += missed;
    const before = await server.usage();
    const startedAt = performance.now();
    const times: number[] = [];
    const sockets = await Promise.all(
      doors.map(async (open) => {
        const socket = await open();
        const answer = await join(socket, roomId, {
          afterSeq: after.seq,
          ...(changes > 0 && { afterRevision: after.revision }),
        });
        if (!has(answer, "messages", missed) || (edited > 0 && !has(answer, "changes", edited))) {
          throw new Error("a socket did not get what it missed");
        }
        times.push(performance.now() - startedAt);
        return socket;
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const { cpuMicros } = await server.usage();
    for (const socket of sockets) socket.close();
    const cpu = (cpuMicros - before.cpuMicros) / count;
    return { seconds, p50: quantile(times, 0.5), cpu };
  };
  return { name, samples: [], measure };
}

function has(answer: unknown, list: "messages" | "changes", count: number): boolean {
  const items = new Map(Object.entries(answer ?? {})).get(list);
  return Array.isArray(items) && items.length === count;
}
