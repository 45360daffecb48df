import { createLogger } from "#common/log.ts";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { NewMessage } from "#message/store/store.ts";
import { openTransactions } from "../baselines/kysely-transactions.ts";
import { type Calls, keepCalling } from "../measure/calls.ts";
import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { openDatabase } from "../measure/database.ts";
import { content } from "../measure/loops.ts";
import type { Scenario } from "../measure/scenario.ts";

const rooms = 20;
const inFlight = 64;
const poolSize = 10;
const ms = 3_000;

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
    const side = async (name: string, append: (message: NewMessage) => Promise<unknown>) => {
      const roomIds = await newRooms();
      return { name, samples: [], measure: () => measure(append, roomIds) };
    };
    const sides = [
      await side("ours, group commit", messages.append),
      await side("Kysely transactions", transactions.append),
    ];
    for (const it of sides) await it.measure();
    await measureRounds(sides, rounds);
    const columns = {
      perSecond: withSpread("appends/s"),
      p50: asMedian("p50 ms"),
      p99: withSpread("p99 ms"),
    };
    const goals = { perSecond: { atLeast: 8 }, p99: { atMost: 1 } };
    say(comparison("", columns, sides, { "Kysely transactions": goals }));
    say(
      `${inFlight} in flight over ${rooms} rooms, ${ms / 1000} s a round; ${database.about}, in ` +
        "processes of its own. Both run in the process that calls them. Baseline: " +
        `bench/baselines/kysely-transactions.ts, a pool of ${poolSize}, on the same tables and ` +
        "indexes; it checks neither membership nor repeats, ours does both.",
    );
  },
};

function measure(
  append: (message: NewMessage) => Promise<unknown>,
  roomIds: readonly string[],
): Promise<Calls> {
  let next = 0;
  return keepCalling(inFlight, ms, () =>
    append({
      roomId: roomIds[next++ % rooms] ?? "",
      userId: "1",
      username: "Ada Lovelace",
      content,
      messageType: MessageType.TEXT,
      metadata: undefined,
      clientMessageId: undefined,
      replyTo: undefined,
      mentions: [],
      mentionsRoom: undefined,
    }),
  );
}
