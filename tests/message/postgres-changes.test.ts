import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { phrasesOf } from "#message/search/words.ts";
import { openStore } from "#message/store/open-store.ts";
import { indexes, migrations } from "#message/store/postgres/migrations.ts";
import type { Act, MessageStore } from "#message/store/store.ts";
import { createTestDatabase, type TestDatabase, withClient } from "#tools/rig/database.ts";
import { range } from "./harness/services.ts";
import { draft, makeRoom } from "./store-suite-drafts.ts";

const log = createLogger("message", "silent");
const everything = {
  ...{ roomId: undefined, senderId: undefined, after: undefined, before: undefined },
  ...{ beyond: undefined, limit: 10 },
};
const roomId = "a".repeat(24);
const ids = [1, 2, 3].map((n) => `${n}`.padStart(24, "0"));

/** As the contract's first version has left it: a room of one user's with two messages. */
async function createOldDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await using postgres = openPostgres("message", { url: database.url, log });
  await migrate(postgres, "message", { ...migrations, later: {} });
  await database.query("insert into message.rooms values ($1, 'r', null, 1, '1')", [roomId]);
  await database.query("insert into message.memberships values ($1, '1')", [roomId]);
  for (const seq of [1, 2]) await database.query(...insertOld(seq));
  await database.query("update message.rooms set last_seq = 2 where id = $1", [roomId]);
  return database;
}

/** As an instance of the version before stores a message. */
const insertOld = (seq: number): [string, unknown[]] => [
  `insert into message.messages (room_id, seq, id, user_id, username, content, message_type,
     metadata, send_key, created_at, updated_at)
   values ($1, $2, $3, '1', 'Ada', 'old', 1, null, $3, now(), now())`,
  [roomId, seq, ids[seq - 1]],
];

const edit = (store: MessageStore, seq: number, content: string) =>
  store.changeMessage({
    ...{ roomId, seq, userId: "1" },
    act: { kind: "edit", content, metadata: undefined },
  });

async function validIndexes(database: TestDatabase): Promise<unknown[]> {
  const rows = await database.query(
    "select indexrelid::regclass::text as name from pg_index where indisvalid",
  );
  const names = new Set(rows.map((row) => row.name));
  return indexes.filter(({ name }) => names.has(name));
}

test("messages of the version before can be changed, and nobody waits long for the update", async () => {
  await using database = await createOldDatabase();
  const location = { databaseUrl: database.url };
  await withClient(database.url, async (holder) => {
    await holder.query("begin");
    await holder.query("update message.messages set content = content where seq = 1");
    const opening = Promise.all([1, 2].map(() => openStore(location, log)));
    const isWaiting = async () => {
      const [row] = await database.query(
        "select count(*)::int as n from pg_locks where mode = 'AccessExclusiveLock' and not granted",
      );
      return Number(row?.n) > 0;
    };
    while (!(await isWaiting()));
    // The database itself ends it if it has to wait for longer.
    await database.query(
      "set lock_timeout = '1s'; update message.messages set seq = 2 where seq = 2",
    );
    await holder.query("commit");
    const [first, second] = await opening;
    assert.ok(first && second);
    assert.equal((await validIndexes(database)).length, indexes.length);
    const [message] = await first.listMessages(roomId, 1, 1);
    assert.deepEqual([message?.revision, message?.reactions], [0, []]);
    assert.equal((await edit(first, 1, "new")).message.revision, 1);
    // One of the version before goes on beside it.
    await database.query(...insertOld(3));
    await database.query("update message.rooms set last_seq = 3 where id = $1", [roomId]);
    assert.equal((await edit(second, 3, "new")).message.revision, 2);
    const changes = await first.listChanges(roomId, { from: 1, to: 9 });
    assert.deepEqual(
      changes.map((it) => it.message.seq),
      [1, 3],
    );
    for (const store of [first, second]) await store[Symbol.asyncDispose]();
  });
});

test("what a version before or an ended instance has stored gets into the index, once", async () => {
  await using database = await createOldDatabase();
  const location = { databaseUrl: database.url };
  await using store = await openStore(location, log);
  const find = async () => {
    const query = { ...everything, userId: "1", phrases: phrasesOf("old") };
    return (await store.search(query)).map(({ seq }) => seq);
  };
  const indexed = () =>
    database.query("select seq, words from message.searchable where words <> '' order by seq");
  await edit(store, 1, "new");
  assert.deepEqual(await find(), [2]);
  await using ended = await openStore(location, log);
  const append = (content: string) =>
    ended.append(draft({ id: roomId }, "1", { content: `old ${content}` }));
  await Promise.all(["edited", "deleted"].map(append));
  await edit(store, 3, "new");
  await store.changeMessage({ roomId, seq: 4, userId: "1", act: { kind: "delete" } });
  assert.equal(await store.makeSearchable("here"), false);
  assert.equal((await indexed()).length, 2, "changed ones alone");

  await Promise.all([1, 2].map(() => store.makeSearchable("everywhere")));
  while (await store.makeSearchable("everywhere"));
  assert.deepEqual(await indexed(), [
    { seq: 1, words: "new" },
    { seq: 2, words: "old" },
    { seq: 3, words: "new" },
  ]);
  assert.deepEqual(await find(), [2]);
});

test("of a great many that aren't in the index the newest are found, then all", async () => {
  await using database = await createOldDatabase();
  await using store = await openStore({ databaseUrl: database.url }, log);
  const sent = range(0, 1_199).map((n) =>
    store.append(draft({ id: roomId }, "1", { content: `many ${n}` })),
  );
  await Promise.all(sent);
  const find = async (q: string) => {
    const query = { ...everything, userId: "1", phrases: phrasesOf(q) };
    return (await store.search(query)).map(({ seq }) => seq);
  };
  assert.deepEqual([await find("many 0 "), (await find("many 1199 ")).length], [[], 1]);
  let steps = 1;
  while (await store.makeSearchable("here")) steps++;
  assert.ok(steps > 1);
  assert.equal((await find("many 0 ")).length, 1);
});

test("an index whose making was broken off is made anew", async () => {
  await using database = await createOldDatabase();
  const location = { databaseUrl: database.url };
  await (await openStore(location, log))[Symbol.asyncDispose]();
  const [index] = indexes;
  await database.query("update pg_index set indisvalid = false where indexrelid = $1::regclass", [
    index?.name,
  ]);
  await using store = await openStore(location, log);
  assert.equal((await validIndexes(database)).length, indexes.length);
  assert.equal((await edit(store, 1, "new")).message.revision, 1);
});

test("the content of what was deleted is in no table any more", async () => {
  await using database = await createTestDatabase();
  await using store = await openStore({ databaseUrl: database.url }, log);
  const room = await makeRoom(store, ["1", "2"]);
  const secret = "secret_f4k2";
  await store.append(draft(room, "1", { content: secret, metadata: { note: secret } }));
  const target = { roomId: room.id, seq: 1 };
  const acts: [string, Act][] = [
    ["2", { kind: "react", emoji: `:${secret}:`, isOn: true }],
    ["1", { kind: "edit", content: `${secret}, edited`, metadata: undefined }],
    ["1", { kind: "delete" }],
  ];
  const tables = await database.query(
    `select format('select count(*)::int as n from message.%I t where t::text like ''%%${secret}%%''',
       table_name) as count from information_schema.tables where table_schema = 'message'`,
  );
  const countRows = async () => {
    const counts = await Promise.all(tables.map(({ count }) => database.query(String(count))));
    return counts.flat().reduce((sum, { n }) => sum + Number(n), 0);
  };
  for (const [userId, act] of acts.slice(0, 2))
    await store.changeMessage({ ...target, userId, act });
  assert.equal(await countRows(), 3);
  for (const [userId, act] of acts.slice(2)) await store.changeMessage({ ...target, userId, act });
  assert.equal(await countRows(), 0);
});

test("when PostgreSQL ends connections in mid-batch no change is lost or made by halves", async () => {
  await using database = await createTestDatabase();
  await using store = await openStore({ databaseUrl: database.url }, log);
  const users = range(1, 6).map(String);
  const room = await makeRoom(store, users);
  for (const user of users) await store.append(draft(room, user));
  let kills = 0;
  let isChanging = true;
  const killing = (async () => {
    while (isChanging) {
      const [row] = await database.query(
        `select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
         where application_name = 'aetherconnect-message' and datname = current_database()
           and state = 'active'`,
      );
      kills += Number(row?.count);
    }
  })();
  const wishes = await Promise.all(
    users.map(async (userId, i) => {
      const last = { isOn: false, isKnown: true, content: "hello", acknowledged: 0 };
      for (let n = 1; n <= 25 || kills < 3; n++) {
        last.isOn = n % 2 > 0;
        const react: Act = { kind: "react", emoji: "👍", isOn: last.isOn };
        const target = { roomId: room.id, userId };
        const made = await store
          .changeMessage({ ...target, seq: 1, act: react })
          .catch(() => undefined);
        last.isKnown = made !== undefined;
        const act: Act = { kind: "edit", content: `${n}`, metadata: undefined };
        const edited = await store
          .changeMessage({ ...target, seq: i + 1, act })
          .catch(() => undefined);
        if (edited) last.content = `${n}`;
        else last.content = "";
        last.acknowledged = Math.max(last.acknowledged, edited?.message.revision ?? 0);
      }
      return last;
    }),
  );
  isChanging = false;
  await killing;
  assert.ok(kills > 0, "connections were ended");
  const messages = await store.listMessages(room.id, 1, users.length);
  const [reaction] = messages[0]?.reactions ?? [];
  const slice = { offset: 0, limit: 100 };
  const reactors = await store.listReactors(room.id, 1, "👍", slice);
  assert.deepEqual(reactors?.userIds, reaction?.userIds ?? []);
  for (const [i, { isOn, isKnown, content, acknowledged }] of wishes.entries()) {
    const hasReacted = reaction?.userIds.includes(users[i] ?? "") ?? false;
    if (isKnown) assert.equal(hasReacted, isOn, "the last word counts");
    if (content) assert.equal(messages[i]?.content, content);
    assert.ok((messages[i]?.revision ?? 0) >= acknowledged);
  }
  const changes = await store.listChanges(room.id, { from: 1, to: 1_000_000 });
  const lastRevision = (await store.positions([room.id])).get(room.id)?.lastRevision;
  assert.equal(changes.at(-1)?.message.revision, lastRevision);
});
