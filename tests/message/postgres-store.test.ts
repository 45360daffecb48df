import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLogger } from "#common/log.ts";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MessageStore } from "#message/store/store.ts";
import { createTestDatabase, type TestDatabase } from "#tools/rig/database.ts";
import { range } from "./harness/stage.ts";
import { testStore } from "./store-suite.ts";

const log = createLogger("message", "silent");

testStore("PostgreSQL", async () => {
  const database = await createTestDatabase();
  return {
    open: () => openPostgresStore(database.url, log),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
});

let database: TestDatabase;
let store: MessageStore;
before(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore(database.url, log);
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("when PostgreSQL ends connections in mid-batch nothing acknowledged is lost", async () => {
  const room = await store.createRoom({
    name: "r",
    description: undefined,
    roomType: RoomType.PUBLIC,
    createdBy: "1",
  });
  let kills = 0;
  let isSending = true;
  const killing = (async () => {
    while (isSending) {
      const [row] = await database.query(
        `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
         where application_name = 'aetherconnect-message' and datname = current_database()
           and state = 'active'`,
      );
      kills += Number(row?.count);
    }
  })();
  const writers = range(1, 8).map(async (writer) => {
    const acknowledged: string[] = [];
    // Until connections were really ended, however fast the machine is.
    for (let n = 1; n <= 60 || kills < 3; n++) {
      const clientMessageId = writer % 2 ? `${writer}-${n}` : undefined;
      const appended = await store
        .append({
          roomId: room.id,
          userId: "1",
          username: "Ada",
          content: "x".repeat(2_000),
          messageType: MessageType.TEXT,
          metadata: undefined,
          clientMessageId,
        })
        .catch(() => undefined);
      if (appended) acknowledged.push(`${appended.message.id} ${appended.message.seq}`);
      assert.ok(!appended?.isDuplicate, "an attempt of one's own is no duplicate");
    }
    return acknowledged;
  });
  const acknowledged = (await Promise.all(writers)).flat();
  isSending = false;
  await killing;
  const rows = await database.query("select id, seq from message.messages where room_id = $1", [
    room.id,
  ]);
  const stored = new Set(rows.map(({ id, seq }) => `${id} ${seq}`));
  assert.ok(kills > 0, "connections were ended");
  for (const one of acknowledged) assert.ok(stored.has(one), `${one} was acknowledged`);
  assert.equal(new Set(acknowledged).size, acknowledged.length);
  assert.deepEqual(
    rows.map((row) => Number(row.seq)).sort((a, b) => a - b),
    range(1, rows.length),
  );
});
