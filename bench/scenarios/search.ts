import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { withClient } from "#tools/rig/database.ts";
import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { contenderOf, enter } from "../measure/contenders.ts";
import { judged, median, quantile, spread, table } from "../measure/figures.ts";
import { fillRoom, settle } from "../measure/fill-room.ts";
import { openLoop } from "../measure/loops.ts";
import { startMessageService } from "../measure/message-service.ts";
import type { Scenario } from "../measure/scenario.ts";

const rooms = 20;
const perRoom = 50_000;
const senders = 20;
const perSecond = 200;
const searchEveryMs = 50;
const ms = 10_000;

/** The words that are looked for, and in how many messages they are. */
const words = [
  { name: "a rare word, in 20 messages", q: "heliotrope" },
  { name: "one in 400 messages", q: wordOf(1_000) },
  { name: "a common word, in half of them", q: wordOf(0) },
  { name: "both", q: `${wordOf(0)} ${wordOf(1_000)}` },
].map((it) => ({ ...it, p50s: [] as number[], p99s: [] as number[] }));

export const search: Scenario = {
  about: "search in 1,000,000 messages beside 200 sends a second",
  async run({ rounds, say }) {
    await using service = await startMessageService();
    const [reader] = await service.newUsers(1);
    const [server] = service.instances;
    if (!reader || !server) throw new Error("there is no reader");
    const roomIds = await service.newRooms(rooms, reader);
    await fill(service.database.url, roomIds);

    const transport = createConnectTransport({ baseUrl: server.urls[1] ?? "", httpVersion: "2" });
    const client = createClient(MessageService, transport);
    const headers = { authorization: `Bearer ${await service.accessToken(reader)}` };
    /** One search after the other, until it is stopped. */
    const keepSearching = async (signal: AbortSignal, times: number[][]) => {
      for (let i = 0; !signal.aborted; i++) {
        const at = i % words.length;
        const dueAt = performance.now() + searchEveryMs;
        const begunAt = performance.now();
        const { messages } = await client.searchMessages({ q: words[at]?.q ?? "" }, { headers });
        times[at]?.push(performance.now() - begunAt);
        if (messages.length !== 20) throw new Error(`${messages.length} messages were found`);
        await pause(Math.max(dueAt - performance.now(), 0));
      }
    };

    const contender = contenderOf(service, "ours", server);
    const [busyRoom = ""] = await contender.newRooms(1);
    const sockets = await enter(await contender.newDoors(senders), () => busyRoom);
    const sendFor = async () => {
      const before = await server.usage();
      const { delays } = await openLoop(sockets, busyRoom, { senders, perSecond, ms });
      const after = await server.usage();
      const cores = (after.cpuMicros - before.cpuMicros) / 1000 / ms;
      return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), cores };
    };
    const sides = [
      {
        name: "sends beside searches",
        samples: [],
        async measure() {
          const stop = new AbortController();
          const times = words.map((): number[] => []);
          const searching = keepSearching(stop.signal, times);
          const [figures] = await Promise.all([sendFor().finally(() => stop.abort()), searching]);
          for (const [i, { p50s, p99s }] of words.entries()) {
            p50s.push(quantile(times[i] ?? [], 0.5));
            p99s.push(quantile(times[i] ?? [], 0.99));
          }
          return figures;
        },
      },
      { name: "sends alone", samples: [], measure: sendFor },
    ];
    for (const { measure } of sides) await measure();
    for (const { p50s, p99s } of words) p50s.length = p99s.length = 0;
    await measureRounds(sides, rounds);
    for (const socket of sockets) socket.close();

    say(
      table(
        ["20 newest messages with", "p50 ms", "p99 ms", "goals"],
        words.map(({ name, p50s, p99s }) => [
          name,
          spread(p50s),
          spread(p99s),
          `${judged(median(p50s), { atMost: 20 })}; ${judged(median(p99s), { atMost: 100 })}`,
        ]),
      ),
    );
    const columns = {
      p50: asMedian("p50 ms"),
      p99: withSpread("p99 ms"),
      cores: asMedian("server CPU, share of a core"),
    };
    say(comparison("", columns, sides, { "sends alone": { p99: { atMost: 1.2 } } }));
    say(
      `${rooms} rooms of ${perRoom} messages, each of 20 words of a vocabulary of 20,000 whose words are as unlike ` +
        `in use as those of people; one search every ${searchEveryMs} ms by RPC over all rooms, the words in turn. ` +
        `Meanwhile ${perSecond} messages a second to ${senders} sockets of another room; p50 and p99 from sending to the ` +
        `last socket. ${service.database.about}.`,
    );
  },
};

/** The n-th word of the vocabulary, of letters alone; `fill` makes them alike. */
function wordOf(n: number): string {
  return `w${[...String(n)].map((digit) => "abcdefghij"[Number(digit)]).join("")}`;
}

/** What stands in message `i`, as an expression of SQL. */
const content = `case when i % 50000 = 7 then 'heliotrope ' else '' end || (
  select string_agg('w' || translate(floor(20000 * power(random(), 3))::int::text,
    '0123456789', 'abcdefghij'), ' ')
  from generate_series(1, 20) as word where word + i > 0
)`;

/** Puts numbered messages into empty rooms, and their words into the index. */
async function fill(url: string, roomIds: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    for (const roomId of roomIds) {
      await fillRoom(client, roomId, perRoom, content);
      await client.query(
        `insert into message.searchable (room_id, seq, id, user_id, created_at, words)
         select room_id, seq, id, user_id, created_at, content from message.messages
         where room_id = $1`,
        [roomId],
      );
      await client.query(
        `insert into message.search_positions (room_id, seq) values ($1, $2)
         on conflict (room_id) do update set seq = excluded.seq`,
        [roomId, perRoom],
      );
    }
    await settle(client);
  });
}
