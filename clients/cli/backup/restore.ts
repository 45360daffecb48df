import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { createLogger } from "#common/log.ts";
import { migrate, restoreSchema, upTo } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../operator/target.ts";
import type { Output } from "../output.ts";
import { createProgress } from "../progress.ts";
import { type Database, openDatabase } from "./database.ts";
import { fileOf, type KeptTable, type Manifest, readManifest } from "./manifest.ts";
import { createMeter, isSame, measureFile } from "./meter.ts";
import { isNewer, migrations, type Schema, schemas, unknownOf } from "./release.ts";
import { copyIn, copyOut, listTables, tableName } from "./tables.ts";

/** Where it is noted which backup is being restored, and how far; services don't start beside it. */
const notes = restoreSchema;

/**
 * Fills an empty database with what a backup holds, each table in a transaction of its own, and reads
 * it back. Broken off, it goes on with the tables that are left. Tables are made as they were when
 * the backup was taken: services bring them up to date when they start.
 * @throws Failure
 */
export async function restore(target: Target, folder: string, output: Output): Promise<Manifest> {
  const manifest = await readManifest(folder);
  refuseNewer(manifest);
  for (const table of manifest.tables) await checkFile(table, folder);
  await using database = await openDatabase(target);
  const { client } = database;
  await refuseWhileUsed(client);
  const done = await readNotes(client, manifest.id);
  if (done === undefined) await begin(database, manifest);
  else output.note("a restore was broken off here: it goes on");
  for (const table of manifest.tables) {
    const name = fileOf(table);
    if (!done?.has(name)) await fill(client, table, folder, name);
  }
  for (const table of manifest.tables) await readBack(client, table);
  await finish(client, manifest);
  return manifest;
}

function refuseNewer({ contract, migrations }: Manifest): void {
  const unknown = schemas.flatMap((schema) => unknownOf(schema, migrations[schema] ?? []));
  if (!isNewer(contract, CONTRACT_VERSION) && unknown.length === 0) return;
  const hint = "restore it with the checkout of that release or a later one";
  const text = `the backup is of contract ${contract}, and this release knows ${CONTRACT_VERSION}`;
  throw new Failure("refused", unknown.length > 0 ? `${text} (not ${unknown.join()})` : text, {
    hint,
  });
}

/** Before anything is touched. */
async function checkFile(table: KeptTable, folder: string): Promise<void> {
  const file = join(folder, fileOf(table));
  const found = await measureFile(file).catch(() => undefined);
  if (found && isSame(found, table)) return;
  throw new Failure("refused", `${file} ${found ? "isn't as it was written" : "can't be read"}`, {
    hint: "nothing was changed: take another backup",
  });
}

async function refuseWhileUsed(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select from pg_stat_activity
      where datname = current_database() and application_name like 'aetherconnect-%'`,
  );
  if (rows.length === 0) return;
  throw new Failure("refused", "services use the database", { hint: "stop them first" });
}

/** The tables that are there already; undefined where no restore was begun. */
async function readNotes(client: pg.Client, id: string): Promise<Set<string> | undefined> {
  const { rows } = await client.query("select to_regnamespace($1) is not null as there", [notes]);
  if (!rows[0]?.there) return undefined;
  const of = await client.query<{ backup: string }>(`select backup from ${notes}.backup`);
  if (of.rows[0]?.backup !== id) {
    throw new Failure("refused", "the restore of another backup was begun here", {
      hint: `finish that one, or begin with an empty database (or drop schema ${notes} cascade)`,
    });
  }
  const done = await client.query<{ file: string }>(`select file from ${notes}.done`);
  return new Set(done.rows.map(({ file }) => file));
}

/** Makes the tables as they were, with nothing in them. */
async function begin({ client, url }: Database, manifest: Manifest): Promise<void> {
  const restored = schemas.filter((schema) => manifest.migrations[schema]);
  await requireEmpty(client, restored);
  for (const schema of restored) {
    await client.query(`drop schema if exists ${schema} cascade`);
    await makeTables(url, schema, manifest.migrations[schema] ?? []);
  }
  const tables = await listTables(client, restored);
  const names = tables.map((it) => tableName(client, it));
  await client.query("begin");
  await client.query(`truncate ${names.join(", ")}`);
  await client.query(`create schema ${notes}`);
  await client.query(`create table ${notes}.backup as select $1::text as backup`, [manifest.id]);
  await client.query(`create table ${notes}.done (file text primary key)`);
  await client.query("commit");
}

/** What a first start makes counts as nothing. */
async function requireEmpty(client: pg.Client, restored: readonly Schema[]): Promise<void> {
  for (const table of ["auth.users", "message.messages"]) {
    const isThere = (await client.query("select to_regclass($1) is not null as there", [table]))
      .rows[0]?.there;
    if (!isThere || !restored.some((it) => table.startsWith(it))) continue;
    const { rows } = await client.query(`select from ${table} limit 1`);
    if (rows.length === 0) continue;
    throw new Failure("refused", `the database isn't empty: ${table} has rows`, {
      hint: "restore into an empty database, and point DATABASE_URL or DATA_DIR at that",
    });
  }
}

async function makeTables(url: string, schema: Schema, names: readonly string[]): Promise<void> {
  const log = createLogger("aether", "silent");
  await using postgres = openPostgres(schema, { url, log, size: 2, statementTimeoutMs: 60_000 });
  await migrate(postgres, schema, upTo(migrations[schema], names));
}

async function fill(
  client: pg.Client,
  table: KeptTable,
  folder: string,
  file: string,
): Promise<void> {
  const name = tableName(client, table);
  using progress = createProgress(`rows of ${table.schema}.${table.name}`, table.rows);
  const meter = createMeter(progress.at);
  await client.query("begin");
  // What they would make of a row has been made: it stands in the backup.
  await client.query(`alter table ${name} disable trigger user`);
  await pipeline(
    createReadStream(join(folder, file)),
    createGunzip(),
    meter.stream,
    client.query(copyFrom(copyIn(client, table))),
  );
  await client.query(`alter table ${name} enable trigger user`);
  await client.query(`insert into ${notes}.done values ($1)`, [file]);
  if (!isSame(meter.measured(), table)) {
    await client.query("rollback");
    throw new Failure("refused", `${file} has changed while it was read`);
  }
  await client.query("commit");
}

async function readBack(client: pg.Client, table: KeptTable): Promise<void> {
  const meter = createMeter();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(client.query(copyTo(copyOut(client, table))), meter.stream, nowhere);
  if (isSame(meter.measured(), table)) return;
  throw new Failure("refused", `${table.schema}.${table.name} isn't what the backup holds`, {
    hint: "is anything else writing into the database? Begin again with an empty one",
  });
}

async function finish(client: pg.Client, { counters }: Manifest): Promise<void> {
  await client.query("begin");
  for (const { schema, table, column, last } of counters) {
    const sequence = "pg_get_serial_sequence(format('%I.%I', $1::text, $2::text), $3)";
    const given = last === "0" ? ["1", false] : [last, true];
    await client.query(`select setval(${sequence}, $4::bigint, $5)`, [
      schema,
      table,
      column,
      ...given,
    ]);
  }
  await client.query(`drop schema ${notes} cascade`);
  await client.query("commit");
  await client.query("analyze");
}
