import { create } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import { createLogger } from "#common/log.ts";
import { callerKey } from "#common/rpc/caller.ts";
import { ListMessagesRequestSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { listMessages } from "#message/messages/list-messages.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { Call } from "#rpc";
import { withClient } from "#tools/rig/database.ts";
import { openDatabase } from "../measure/database.ts";
import { judged, quantile, ratio, spread, table } from "../measure/figures.ts";
import { fillRoom, settle } from "../measure/fill-room.ts";
import { content } from "../measure/loops.ts";
import { rotated } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const few = 1_000;
const many = 1_000_000;
const reads = 400;

const call: Call = {
  values: createContextValues().set(callerKey, {
    kind: "user",
    userId: "1",
    sessionId: "1",
    expiresAt: Number.POSITIVE_INFINITY,
  }),
  signal: new AbortController().signal,
  header: () => undefined,
};

export const pages: Scenario = {
  about: "deep pages and cursors with 1,000,000 messages against page 1 with 1,000",
  async run({ rounds, say }) {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await openDatabase());
    const messages = stack.use(
      await openPostgresStore(database.url, createLogger("message", "warn")),
    );
    const newRoom = async (count: number) => {
      const { room } = await messages.createRoom({
        name: "Bench",
        description: undefined,
        roomType: RoomType.PUBLIC,
        createdBy: "1",
      });
      await withClient(database.url, async (client) => {
        await fillRoom(client, room.id, count, client.escapeLiteral(content));
        await settle(client);
      });
      return room.id;
    };
    const list = listMessages(messages);
    const [small, large] = [await newRoom(few), await newRoom(many)];
    const ways = [
      { name: "page 1 of 1,000 messages", roomId: small, ask: () => ({ page: 1 }) },
      { name: "page 1 of 1,000,000", roomId: large, ask: () => ({ page: 1 }) },
      { name: "deep pages", roomId: large, ask: () => ({ page: anyOf(many / 50) }) },
      { name: "deep cursors, `before`", roomId: large, ask: () => ({ before: 50 + anyOf(many) }) },
      { name: "deep cursors, `after`", roomId: large, ask: () => ({ after: anyOf(many - 50) }) },
    ].map((way) => ({ ...way, p50s: [] as number[], p99s: [] as number[] }));
    for (let round = -1; round < rounds; round++) {
      const times = ways.map((): number[] => []);
      // One of each, again and again: what disturbs one disturbs all.
      for (let i = 0; i < reads; i++) {
        for (const [k, { name, roomId, ask }] of rotated([...ways.entries()], i)) {
          const request = create(ListMessagesRequestSchema, { roomId, ...ask() });
          const begunAt = performance.now();
          const page = await list(request, call);
          times[k]?.push((performance.now() - begunAt) * 1000);
          if (page.messages?.length !== 50) throw new Error(`${name}: not a whole page`);
        }
      }
      for (const [k, { p50s, p99s }] of ways.entries()) {
        if (round < 0) continue;
        p50s.push(quantile(times[k] ?? [], 0.5));
        p99s.push(quantile(times[k] ?? [], 0.99));
      }
    }
    const first = ways[0]?.p50s ?? [];
    say(
      table(
        ["50 messages", "p50 µs", "p99 µs", "p50 against the first"],
        ways.map(({ name, p50s, p99s }, i) => [
          name,
          spread(p50s),
          spread(p99s),
          i === 0 ? "" : judged(ratio(p50s, first), { atMost: 1.2 }),
        ]),
      ),
    );
    say(
      `${reads} reads of each a round, one after the other in turn, at random depths; the rule that lists messages on the ` +
        `store, room included, without RPC, in the process that calls it; ${database.about}, in ` +
        "processes of its own. The rows are filled in by SQL.",
    );
  },
};

function anyOf(count: number): number {
  return 1 + Math.floor(Math.random() * count);
}
