import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { migrations } from "#message/store/postgres/migrations.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { shared } from "#tools/rig/shared.ts";
import { range } from "./harness/services.ts";
import { testStore } from "./store-suite.ts";
import { testFullBlocks } from "./store-suite-blocks.ts";

const log = createLogger("message", "silent");

testStore("PostgreSQL", async () => {
  const database = await createTestDatabase();
  return {
    url: database.url,
    open: (url = database.url) => openPostgresStore(url, log),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
});

const database = await shared(createTestDatabase());
const store = await shared(openPostgresStore(database.url, log));

test("memberships of the time before the log have numbers in the order of joining", async () => {
  await using old = await createTestDatabase();
  const roomIds = ["b", "a", "c"].map((digit) => digit.repeat(24));
  {
    await using postgres = openPostgres("message", { url: old.url, log });
    const before = Object.entries(migrations.first).slice(0, 2);
    await migrate(postgres, "message", { first: Object.fromEntries(before), later: {} });
  }
  for (const id of roomIds) {
    await old.query("insert into message.rooms values ($1, 'r', null, 1, '1')", [id]);
    await old.query("insert into message.memberships values ($1, '1')", [id]);
  }
  const opened = await Promise.all([1, 2].map(() => openPostgresStore(old.url, log)));
  assert.deepEqual(
    await opened[0]?.listMembershipChanges("1", 1, 9),
    roomIds.map((roomId, i) => ({ userId: "1", number: i + 1, roomId, isMember: true })),
  );
  const change = await opened[1]?.removeMember(roomIds[0] ?? "", "1");
  assert.equal(change?.number, 4);
  for (const one of opened) await one[Symbol.asyncDispose]();
});

test("nobody blocks more than a thousand", () =>
  testFullBlocks(store, (userId, count) =>
    database.query(
      "insert into message.blocks select $1, 'u' || n from generate_series(1, $2::int) n",
      [userId, count],
    ),
  ));
test("members of the time before read states have read what was there, also beside old instances", async () => {
  await using old = await createTestDatabase();
  const roomId = "a".repeat(24);
  {
    await using postgres = openPostgres("message", { url: old.url, log });
    const { "0004-revisions": revisions } = migrations.later;
    assert.ok(revisions);
    await migrate(postgres, "message", { ...migrations, later: { "0004-revisions": revisions } });
  }
  const join = (userId: string) =>
    old.query("insert into message.memberships (room_id, user_id) values ($1, $2)", [
      roomId,
      userId,
    ]);
  const send = () =>
    old.query("update message.rooms set last_seq = last_seq + 1 where id = $1", [roomId]);
  await old.query("insert into message.rooms values ($1, 'r', null, 1, '1')", [roomId]);
  await join("1");
  for (const _ of "abc") await send();
  const opened = await openPostgresStore(old.url, log);
  await send();
  await join("2");
  await send();
  const unreadOf = async (userId: string) =>
    (await opened.findRoom(roomId, userId))?.room.membership?.unreadCount;
  assert.deepEqual([await unreadOf("1"), await unreadOf("2")], [2, 1]);
  await opened.markRead({ roomId, userId: "1", seq: 1, onlyRises: true });
  assert.equal(await unreadOf("1"), 2, "it doesn't go back");
  await opened[Symbol.asyncDispose]();
});

test("when PostgreSQL ends connections in mid-batch nothing acknowledged is lost", async () => {
  const { room } = await store.createRoom({
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
          replyTo: undefined,
          mentions: [],
          mentionsRoom: undefined,
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
