import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createGzip } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../operator/target.ts";
import type { Output } from "../output.ts";
import { createProgress } from "../progress.ts";
import { type Database, openDatabase } from "./database.ts";
import { fileOf, type KeptTable, type Manifest, manifestFile, writeManifest } from "./manifest.ts";
import { createMeter, isSame, measureFile } from "./meter.ts";
import { type Schema, schemas, unknownOf } from "./release.ts";
import { copyOut, listCounters, listMigrations, listTables, type Table } from "./tables.ts";

/** Between the attempts: a minute and a half in all, in which a server is started again. */
const pausesMs = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];

/**
 * Writes all rows, of one moment, into a folder: a packed file for each table, and at the end what
 * they hold. Each is read back. The services may go on. Where PostgreSQL is lost in the middle it
 * begins anew, with the rows of a later moment.
 * @throws Failure
 */
export async function backUp(
  target: Target,
  folder: string,
  output: Output,
  pauses: readonly number[] = pausesMs,
): Promise<Manifest> {
  if (await emptyFolder(folder)) output.note("a backup was broken off here: it is begun anew");
  let wasThere = false;
  for (let tries = 1; ; tries++) {
    try {
      await using database = await openDatabase(target);
      wasThere = true;
      return await writeAll(database, target, folder);
    } catch (error) {
      const pause = pauses[tries - 1];
      if (!wasThere || pause === undefined || !isDatabaseLost(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const attempt = `attempt ${tries + 1} of ${pauses.length + 1}`;
      output.note(`PostgreSQL was lost (${why}): begins anew in ${pause / 1_000} s, ${attempt}`);
      await sleep(pause);
      await emptyFolder(folder);
    }
  }
}

async function writeAll({ client }: Database, target: Target, folder: string): Promise<Manifest> {
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

/**
 * Makes the folder, or removes what a backup that was broken off has left in it, which is of another
 * moment. Answers whether there was any.
 * @throws Failure
 */
async function emptyFolder(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = await readdir(folder);
  const foreign = files.find((file) => !/^[\w.]+\.copy\.gz$|^manifest\.json\.new$/.test(file));
  if (foreign !== undefined) {
    const what = foreign === manifestFile ? "holds a whole backup" : `holds ${foreign}`;
    throw new Failure("refused", `${folder} ${what}: a backup needs a folder of its own`);
  }
  for (const file of files) await rm(join(folder, file));
  return files.length > 0;
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
