import { createLogger } from "#common/log.ts";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { NewMessage } from "#message/store/store.ts";
import { openTransactions } from "../baselines/kysely-transactions.ts";
import { figure, judged, median, quantile, ratio, spread, table } from "../measure/figures.ts";
import { content } from "../measure/loops.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";
import { openDatabase } from "../measure/stage.ts";

const rooms = 20;
const inFlight = 64;
const poolSize = 10;
const ms = 3_000;

interface Contender {
  name: string;
  append: (message: NewMessage) => Promise<unknown>;
  roomIds: string[];
  rates: number[];
  p99s: number[];
  p50s: number[];
}

export const store: Scenario = {
  about: "durable appends at the MessageStore against one Kysely transaction per message",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await openDatabase());
    const messages = stack.use(
      await openPostgresStore(database.url, createLogger("message", "warn")),
    );
    const transactions = stack.use(openTransactions(database.url, poolSize));
    const newRooms = () =>
      Promise.all(
        Array.from({ length: rooms }, async () => {
          const { room } = await messages.createRoom({
            name: "Bench",
            description: undefined,
            roomType: RoomType.PUBLIC,
            createdBy: "1",
          });
          return room.id;
        }),
      );
    const contender = async (name: string, append: Contender["append"]): Promise<Contender> => {
      return { name, append, roomIds: await newRooms(), rates: [], p99s: [], p50s: [] };
    };
    const ours = await contender("ours, group commit", messages.append);
    const baseline = await contender("Kysely transactions", transactions.append);
    const both = [ours, baseline];
    for (const one of both) await measure(one, 1_000);
    for (const one of both) one.rates = one.p99s = one.p50s = [];
    for (let round = 0; round < rounds; round++) {
      for (const one of rotated(both, round)) await measure(one, ms);
    }
    const p99 = ratio(ours.p99s, baseline.p99s);
    say(
      table(
        ["", "appends/s", "p50 ms", "p99 ms"],
        [
          ...both.map((it) => [
            it.name,
            spread(it.rates),
            figure(median(it.p50s)),
            spread(it.p99s),
          ]),
          [
            "ours / baseline",
            judged(ratio(ours.rates, baseline.rates), { atLeast: 8 }),
            "",
            judged(p99, { atMost: 1 }),
          ],
        ],
      ),
    );
    say(
      `${inFlight} in flight over ${rooms} rooms, ${ms / 1000} s a round; ${database.about}, in ` +
        "processes of its own. Both run in the process that calls them. Baseline: " +
        `bench/baselines/kysely-transactions.ts, a pool of ${poolSize}, on the same tables and ` +
        "indexes; it checks neither membership nor repeats, ours does both.",
    );
  },
};

async function measure(one: Contender, forMs: number): Promise<void> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const work = async () => {
    while (performance.now() - startedAt < forMs) {
      const roomId = one.roomIds[next++ % rooms] ?? "";
      const begunAt = performance.now();
      await one.append({
        roomId,
        userId: "1",
        username: "Ada Lovelace",
        content,
        messageType: MessageType.TEXT,
        metadata: undefined,
        clientMessageId: undefined,
      });
      latencies.push(performance.now() - begunAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  one.rates = [...one.rates, latencies.length / seconds];
  one.p50s = [...one.p50s, quantile(latencies, 0.5)];
  one.p99s = [...one.p99s, quantile(latencies, 0.99)];
}
