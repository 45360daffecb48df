import assert from "node:assert/strict";
import { test } from "node:test";
import { Migrator } from "kysely/migration";
import type { Client } from "pg";
import { createLogger } from "#common/log.ts";
import { openPostgres } from "#common/postgres.ts";
import { phrasesOf } from "#message/search/words.ts";
import { openStore } from "#message/store/open-store.ts";
import { migrations } from "#message/store/postgres/migrations.ts";
import { createTestDatabase, type TestDatabase, withClient } from "#tools/rig/database.ts";
import { range } from "./harness/services.ts";
import { draft } from "./store-suite-drafts.ts";

const log = createLogger("message", "silent");
const roomId = "a".repeat(24);
const old = "1";
const ours = "2";

/** Starts as version 1.0 does: with its migrations alone, by Kysely's own table. */
async function startFirstVersion({ url }: TestDatabase): Promise<void> {
  await using postgres = openPostgres<object>("message", { url, log, size: 2 });
  const migrator = new Migrator({
    db: postgres.db,
    provider: { getMigrations: async () => migrations.first },
    migrationTableSchema: "message",
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** Sends as version 1.0 does: it names the columns that it knows. */
async function sendAsFirstVersion(client: Client, nth: number): Promise<number> {
  const { rows } = await client.query({
    name: "append",
    text: `
      with locked as materialized (select id from message.rooms where id = $1 for update),
      bumped as (
        update message.rooms r set last_seq = r.last_seq + 1 from locked where r.id = locked.id
        returning r.last_seq, clock_timestamp() as at
      )
      insert into message.messages (room_id, seq, id, user_id, username, content, message_type,
        metadata, send_key, created_at, updated_at)
      select $1, last_seq, $2, $3, 'Ada', 'by the first version', 1, null, $4, at, at from bumped
      returning seq`,
    values: [roomId, `${nth}`.padStart(24, "0"), old, `old-${nth}`],
  });
  return Number(rows[0]?.seq);
}

test("the version before goes on sending while the schema changes and afterwards", async () => {
  await using database = await createTestDatabase();
  await database.query("create schema message");
  await startFirstVersion(database);
  await database.query("insert into message.rooms values ($1, 'r', null, 1, '1')", [roomId]);
  for (const userId of [old, ours]) {
    await database.query("insert into message.memberships values ($1, $2)", [roomId, userId]);
  }
  const sentByOld: number[] = [];
  let isUpdated = false;
  const sending = withClient(database.url, async (client) => {
    for (let nth = 0, after = 0; after < 40; nth++) {
      sentByOld.push(await sendAsFirstVersion(client, nth));
      if (isUpdated) after++;
    }
  });
  await using store = await openStore({ databaseUrl: database.url }, log);
  isUpdated = true;
  const sent = await Promise.all(
    range(1, 40).map(() => store.append(draft({ id: roomId }, ours, { mentions: [old] }))),
  );
  await sending;
  const seqs = [...sentByOld, ...sent.map(({ message }) => message.seq)];
  assert.deepEqual(
    seqs.toSorted((a, b) => a - b),
    range(1, seqs.length),
  );
  const stored = await store.listMessages(roomId, 1, seqs.length);
  const byOld = new Set(sentByOld);
  for (const { seq, userId } of stored) assert.equal(userId, byOld.has(seq) ? old : ours);
  assert.equal(stored.length, seqs.length);
  // What the version before has sent is unread, changed and found like all else.
  const { room } = (await store.findRoom(roomId, ours)) ?? {};
  assert.ok((room?.membership?.readSeq ?? 0) >= Math.max(...sent.map((it) => it.message.seq)));
  while (await store.makeSearchable("everywhere"));
  const found = await store.search({
    ...{ userId: ours, phrases: phrasesOf("version"), roomId, senderId: undefined },
    ...{ after: undefined, before: undefined, beyond: undefined, limit: seqs.length },
  });
  assert.equal(found.length, sentByOld.length);
  await startFirstVersion(database);
});
