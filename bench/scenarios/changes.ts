import { z } from "zod";
import { keepCalling } from "../measure/calls.ts";
import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { type Contender, enter, ours, succeeded } from "../measure/contenders.ts";
import { type Ask, content, openLoop } from "../measure/loops.ts";
import { type RawSocket, requestOnce } from "../measure/raw-socket.ts";
import type { Scenario } from "../measure/scenario.ts";

const size = 1_000;
const senders = 20;
const perSecond = 40;
const openMs = 5_000;
const underWay = 4;
const ms = 3_000;

const fanoutColumns = {
  cpu: withSpread("server CPU µs a delivery"),
};
const columns = {
  perSecond: withSpread("acknowledged/s"),
  p99: asMedian("p99 ms"),
  cpu: withSpread("server CPU µs each"),
};

export const changes: Scenario = {
  about:
    "edits and reactions: their fan-out to 1,000 sockets, and how many a second, against sends",
  async run({ rounds, say }) {
    await using contender = await ours({ counted: ["new_message", "message_changed"] });
    const fanout = await fanouts(contender);
    for (const side of fanout.sides) await side.measure();
    await measureRounds(fanout.sides, rounds);
    for (const socket of fanout.sockets) socket.close();
    say(
      comparison(`to ${size.toLocaleString("en-US")} sockets`, fanoutColumns, fanout.sides, {
        new_message: { cpu: { atMost: 1.2 } },
      }),
    );
    for (const rooms of [senders, 1]) {
      const { sides, sockets } = await acknowledged(contender, rooms);
      for (const side of sides) await side.measure();
      await measureRounds(sides, rounds);
      for (const socket of sockets) socket.close();
      const title = rooms === 1 ? "in one room" : `in ${rooms} rooms`;
      say(comparison(title, columns, sides, { sends: { perSecond: { atLeast: 0.5 } } }));
    }
    say(
      `Half are edits, half reactions that come and go, each of another message than the one before. ` +
        `Fan-out: ${perSecond} a second for ${openMs / 1000} s, over when every socket has all. Rates: ` +
        `${senders} users with ${underWay} under way each, of messages of their own, for ${ms / 1000} s; ` +
        "each acknowledged when it is committed, and told to all sockets of its room.",
    );
  },
};

async function fanouts({ server, newRooms, newDoors }: Contender) {
  const [roomId = ""] = await newRooms(1);
  const sockets = await enter(await newDoors(size), () => roomId);
  const count = Math.round((openMs / 1000) * perSecond);
  const messages = await Promise.all(
    Array.from({ length: count }, (_, i) => newMessage(sockets[i % senders], roomId)),
  );
  let round = 0;
  const measure = (ask: () => Ask | undefined) => async () => {
    const asked = ask();
    const before = await server.usage();
    const options = { senders, perSecond, ms: openMs, ...(asked && { ask: asked }) };
    const { deliveries } = await openLoop(sockets, roomId, options);
    const after = await server.usage();
    return { cpu: (after.cpuMicros - before.cpuMicros) / deliveries };
  };
  const changing = (): Ask => {
    const turn = round++;
    return (i) => changeOf(roomId, messages[i] ?? 0, i % 2 === 0, turn);
  };
  return {
    sockets,
    sides: [
      { name: "message_changed", samples: [], measure: measure(changing) },
      { name: "new_message", samples: [], measure: measure(() => undefined) },
    ],
  };
}

async function acknowledged({ server, newRooms, newDoors }: Contender, rooms: number) {
  const ids = await newRooms(rooms);
  const roomOf = (lane: number) => ids[(lane % senders) % rooms] ?? "";
  const sockets = await enter(await newDoors(senders), roomOf);
  const messages = await Promise.all(
    Array.from({ length: senders * underWay }, (_, lane) =>
      newMessage(sockets[lane % senders], roomOf(lane)),
    ),
  );
  const done = messages.map(() => 0);
  const measure = (ask: (lane: number) => ReturnType<Ask>) => async () => {
    const before = await server.usage();
    const calls = await keepCalling(senders * underWay, ms, async (lane) => {
      const socket = sockets[lane % senders];
      if (socket) succeeded(await requestOnce(socket, ...ask(lane)));
    });
    const after = await server.usage();
    return { ...calls, cpu: (after.cpuMicros - before.cpuMicros) / calls.count };
  };
  const changing = (lane: number) => {
    const turn = done[lane] ?? 0;
    done[lane] = turn + 1;
    return changeOf(roomOf(lane), messages[lane] ?? 0, turn % 2 === 0, turn >> 1);
  };
  const sending = (lane: number) => ["send_message", { roomId: roomOf(lane), content }] as const;
  return {
    sockets,
    sides: [
      { name: "changes", samples: [], measure: measure(changing) },
      { name: "sends", samples: [], measure: measure(sending) },
    ],
  };
}

/** One that does change something, in each turn. */
function changeOf(roomId: string, seq: number, isEdit: boolean, turn: number): ReturnType<Ask> {
  if (isEdit) return ["edit_message", { roomId, seq, content: `${content} ${turn}` }];
  return [turn % 2 === 0 ? "add_reaction" : "remove_reaction", { roomId, seq, emoji: "👍" }];
}

const sentAck = z.object({ success: z.literal(true), data: z.object({ seq: z.number() }) });

async function newMessage(socket: RawSocket | undefined, roomId: string): Promise<number> {
  if (!socket) throw new Error("nobody to write");
  return sentAck.parse(await requestOnce(socket, "send_message", { roomId, content })).data.seq;
}
