import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../operator/target.ts";
import type { Output } from "../output.ts";
import { createProgress } from "../progress.ts";
import { openDatabase } from "./database.ts";
import { fileOf, type KeptTable, type Manifest, manifestFile, writeManifest } from "./manifest.ts";
import { createMeter, isSame, measureFile } from "./meter.ts";
import { type Schema, schemas, unknownOf } from "./release.ts";
import { copyOut, listCounters, listMigrations, listTables, type Table } from "./tables.ts";

/**
 * Writes all rows, of one moment, into a folder: a packed file for each table, and at the end what
 * they hold. Each is read back. The services may go on.
 * @throws Failure
 */
export async function backUp(target: Target, folder: string, output: Output): Promise<Manifest> {
  await prepareFolder(folder, output);
  await using database = await openDatabase(target);
  const { client } = database;
  // Where messages live in MongoDB there are none here.
  const kept: readonly Schema[] = target.mongodbUri === undefined ? schemas : ["auth"];
  await client.query("begin isolation level repeatable read, read only");
  const migrations = await readMigrations(client, kept);
  const tables: KeptTable[] = [];
  for (const table of await listTables(client, kept)) {
    tables.push(await writeTable(client, table, folder));
  }
  // Counters are of no moment: read last, they are behind no row.
  const counters = await listCounters(client, kept);
  const { rows } = await client.query("select current_setting('server_version') as version");
  await client.query("commit");
  for (const table of tables) await readBack(table, folder);
  const manifest: Manifest = {
    format: 1,
    id: randomUUID(),
    contract: CONTRACT_VERSION,
    takenAt: new Date().toISOString(),
    postgres: String(rows[0]?.version),
    migrations,
    tables,
    counters,
  };
  await writeManifest(folder, manifest);
  return manifest;
}

/** An empty folder, or one in which a backup was broken off, which is of another moment. */
async function prepareFolder(folder: string, output: Output): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = await readdir(folder);
  const foreign = files.find((file) => !/^[\w.]+\.copy\.gz$|^manifest\.json\.new$/.test(file));
  if (foreign !== undefined) {
    const what = foreign === manifestFile ? "holds a whole backup" : `holds ${foreign}`;
    throw new Failure("refused", `${folder} ${what}: a backup needs a folder of its own`);
  }
  if (files.length > 0) output.note("a backup was broken off here: it is begun anew");
  for (const file of files) await rm(join(folder, file));
}

async function readMigrations(
  client: pg.Client,
  kept: readonly Schema[],
): Promise<Manifest["migrations"]> {
  const found: Manifest["migrations"] = {};
  for (const schema of kept) {
    const names = await listMigrations(client, schema);
    const [newer] = unknownOf(schema, names);
    if (newer !== undefined) {
      throw new Failure("refused", `the tables are of a newer release than this (${newer})`, {
        hint: "use the checkout of the release that runs",
      });
    }
    if (names.length === 0) {
      throw new Failure("refused", `there is nothing to keep: ${schema} has no tables`);
    }
    found[schema] = names;
  }
  return found;
}

async function writeTable(client: pg.Client, table: Table, folder: string): Promise<KeptTable> {
  using progress = createProgress(`rows of ${table.schema}.${table.name}`);
  const meter = createMeter(progress.at);
  await pipeline(
    client.query(copyTo(copyOut(client, table))),
    meter.stream,
    createGzip({ level: 1 }),
    createWriteStream(join(folder, fileOf(table)), { flags: "wx", mode: 0o600, flush: true }),
  );
  return { ...table, columns: [...table.columns], key: [...table.key], ...meter.measured() };
}

async function readBack(table: KeptTable, folder: string): Promise<void> {
  const file = join(folder, fileOf(table));
  const found = await measureFile(file).catch(() => undefined);
  if (found && isSame(found, table)) return;
  throw new Failure("refused", `${file} doesn't hold what was written: the disk can't be trusted`);
}
