import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { Client } from "pg";
import { StartError } from "#common/lifecycle.ts";
import { createLogger } from "#common/log.ts";
import { openPostgres } from "#common/postgres.ts";
import { prepareSession, sessionSettings } from "#common/postgres-session.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { createTestDatabase, type TestDatabase, withClient } from "#tools/rig/database.ts";
import { createHttpClient } from "#tools/rig/http-client.ts";
import { shared } from "#tools/rig/shared.ts";
import { openTestbed } from "#tools/rig/testbed.ts";
import { generalRoomId, registerUser } from "#tools/rig/users.ts";
import { draft, makeRoom } from "../message/store-suite-drafts.ts";
import { createCluster } from "../platform/clusters.ts";

const log = createLogger("test", "silent");
const cluster = await shared(createCluster());

/** What an owner may have set, for each setting that we rest on. */
const otherwise: Readonly<Record<keyof typeof sessionSettings, string>> = {
  synchronous_commit: "off",
  default_transaction_isolation: "serializable",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  session_replication_role: "replica",
  row_security: "off",
  client_encoding: "LATIN1",
  DateStyle: "German, DMY",
  IntervalStyle: "iso_8601",
  TimeZone: "Asia/Kathmandu",
  bytea_output: "escape",
  extra_float_digits: "-15",
  xmlbinary: "hex",
  search_path: "nowhere",
  standard_conforming_strings: "off",
  backslash_quote: "on",
  array_nulls: "off",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  plan_cache_mode: "force_custom_plan",
  random_page_cost: "40",
  default_tablespace: "nowhere",
  temp_tablespaces: "nowhere",
  default_table_access_method: "nothing",
  check_function_bodies: "off",
  password_encryption: "md5",
  statement_timeout: "700ms",
  lock_timeout: "1ms",
  transaction_timeout: "1s",
  idle_session_timeout: "1s",
  idle_in_transaction_session_timeout: "100ms",
  exit_on_error: "on",
};

async function setOtherwise({ url, query }: TestDatabase): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const statements = Object.entries(otherwise).map(
    ([setting, value]) => `alter database ${name} set ${setting} = '${value}'`,
  );
  // As one: the next session is under them already.
  await query(statements.join(";"));
}

async function settingsOf(url: string): Promise<unknown> {
  await using postgres = openPostgres("message", { url, log, size: 1 });
  const { rows } = await sql<{ name: string }>`
    select name, setting from pg_settings where name = any(${Object.keys(sessionSettings)})
    order by name`.execute(postgres.db);
  return rows;
}

test("whatever a database's owner or the URL sets, the settings of a session are ours", async () => {
  await using plain = await createTestDatabase();
  await using altered = await createTestDatabase();
  assert.deepEqual(Object.keys(otherwise), Object.keys(sessionSettings));
  const ours = await settingsOf(plain.url);
  await setOtherwise(altered);
  const url = new URL(altered.url);
  url.searchParams.set("options", "-c synchronous_commit=local -c geqo=off");
  url.searchParams.set("statement_timeout", "1");
  url.searchParams.set("client_encoding", "LATIN1");
  assert.deepEqual(await settingsOf(altered.url), ours);
  assert.deepEqual(await settingsOf(url.href), ours);
});

test("on a database where all of it is set otherwise the platform works", async () => {
  await using bed = await openTestbed();
  await setOtherwise(bed.database);
  await using _auth = await bed.startAuth();
  await using _message = await bed.startMessage();
  await using _gateway = await bed.startGateway();
  const { client } = await registerUser({ client: () => createHttpClient(bed.layout.gateway.url) });
  const roomId = await generalRoomId(client);
  assert.equal((await client.post(`/api/rooms/${roomId}/join`)).status, 200);
  const content = "back\\slash ' 🦉";
  const sent = await client.post(`/api/rooms/${roomId}/messages`, {
    content,
    metadata: { "a'b": null },
  });
  assert.equal(sent.status, 201, sent.text);
  const { body } = await client.get(`/api/rooms/${roomId}/messages`);
  assert.deepEqual(body.messages, [sent.body.data]);
  assert.equal(body.messages[0].content, content);
  assert.ok(Math.abs(Date.parse(body.messages[0].createdAt) - Date.now()) < 60_000);
  assert.equal((await client.post("/api/auth/refresh")).status, 200);
  assert.equal((await client.post("/api/auth/logout")).status, 200);
});

test("what is acknowledged outlives kill -9 of a server whose owner wants no waiting for it", async () => {
  const { dataDir } = cluster;
  const start = () => startEmbeddedPostgres({ dataDir, port: 0 });
  const contents = ["1", "2", "3", "4", "5"];
  let roomId = "";
  {
    await using postgres = await start();
    await withClient(postgres.url, (client) =>
      client.query("alter database aetherconnect set synchronous_commit to off"),
    );
    await using store = await openPostgresStore(postgres.url, log);
    const room = await makeRoom(store, ["1"]);
    roomId = room.id;
    for (const content of contents) await store.append(draft(room, "1", { content }));
    process.kill(postgres.pid, "SIGKILL");
  }
  await using postgres = await start();
  await using store = await openPostgresStore(postgres.url, log);
  const kept = await store.listMessages(roomId, 1, 9);
  assert.deepEqual(
    kept.map((it) => it.content),
    contents,
  );
});

test("a role that may not set it back is refused with one line", async () => {
  await using database = await createTestDatabase();
  const role = new URL(database.url).pathname.slice(1);
  await database.query(
    `create role ${role} login password 'x'; alter role ${role} set session_replication_role = replica`,
  );
  const url = new URL(database.url);
  Object.assign(url, { username: role, password: "x" });
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await assert.rejects(
    prepareSession(client),
    (error) => error instanceof StartError && /session_replication_role.*reset/.test(error.message),
  );
  await client.end();
  await database.query(`drop role ${role}`);
});

test("a database that can't hold every text is refused with one line", async () => {
  const { TEST_DATABASE_URL = "" } = process.env;
  await using database = await createTestDatabase();
  const url = new URL(database.url);
  url.pathname += "_latin1";
  const name = url.pathname.slice(1);
  await withClient(TEST_DATABASE_URL, (client) =>
    client.query(
      `create database ${name} encoding 'LATIN1' locale 'C' locale_provider libc template template0`,
    ),
  );
  await assert.rejects(openPostgresStore(url.href, log), {
    name: "StartError",
    message: /^DATABASE_URL names a database in LATIN1/,
  });
  await withClient(TEST_DATABASE_URL, (client) => client.query(`drop database ${name}`));
});
