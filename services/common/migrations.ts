import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { StartError } from "./lifecycle.ts";
import { isUniqueViolation, type Postgres } from "./postgres.ts";

type ByName = Record<string, Migration>;

/**
 * What brings a schema up to date, in the order of names. What has been released is never edited,
 * and only adds: instances of the version before go on beside it. Each is a transaction and locks
 * one table of those that are written all the time: two would be locked by others in another order.
 */
export interface Migrations {
  /** Those of version 1.0. */
  first: ByName;
  later: ByName;
}

/**
 * Where it is noted what has been run. An instance of 1.0 doesn't start where its table names what
 * it doesn't know; so that it can be restarted while an update rolls, later ones have another.
 */
export const ledgers = { first: "kysely_migration", later: "later_migration" } as const;

/** While this schema is there, a database is being filled with a backup. */
export const restoreSchema = "aether_restore";

/** What brings a schema to where these migrations, which may be of an earlier version, have left it. */
export function upTo({ first, later }: Migrations, names: readonly string[]): Migrations {
  const kept = (all: ByName) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  return { first: kept(first), later: kept(later) };
}

/** The migrations that this version knows. */
export function namesOf({ first, later }: Migrations): string[] {
  return [...Object.keys(first), ...Object.keys(later)];
}

/**
 * Brings a schema up to date. Several processes may do so at once: Kysely's migrator
 * takes an advisory lock, one works and the others wait. What a newer version has run is passed over.
 * @throws StartError where the database can't hold every text, or is half restored
 */
export async function migrate<DB>(
  { db }: Postgres<DB>,
  schema: string,
  migrations: Migrations,
): Promise<void> {
  await requireUnicode(db);
  await requireWhole(db);
  // Two that create a schema at once can collide even with "if not exists".
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error;
  });
  const ledgerOf = (table: string): Ledger<DB> => ({ db, schema, table });
  const [first, later] = [ledgerOf(ledgers.first), ledgerOf(ledgers.later)];
  // Nobody writes to a schema that isn't there yet.
  const isNew = (await listNoted(first)).length === 0;
  await run(first, migrations.first, true);
  // Builds between 1.0 and 1.1 have noted later ones there too.
  const made = (await listNoted(first)).filter((name) => name in migrations.later);
  await run(later, { ...migrations.later, ...passedOver(made) }, isNew);
}

interface Ledger<DB> {
  db: Kysely<DB>;
  schema: string;
  table: string;
}

/** @param isAtOnce in one transaction, which is faster */
async function run<DB>(ledger: Ledger<DB>, own: ByName, isAtOnce: boolean): Promise<void> {
  const noted = new Set(await listNoted(ledger));
  if (Object.keys(own).every((name) => noted.has(name))) return;
  const migrator = new Migrator({
    db: ledger.db,
    migrationTableSchema: ledger.schema,
    migrationTableName: ledger.table,
    provider: {
      // Asked under the migrator's lock: nobody adds to the ledger meanwhile.
      async getMigrations() {
        const newer = (await listNoted(ledger)).filter((name) => !(name in own));
        return { ...own, ...passedOver(newer) };
      },
    },
  });
  for (let isBehind = true; isBehind; ) {
    const { error, results } = await (isAtOnce ? migrator.migrateToLatest() : migrator.migrateUp());
    if (error) throw error;
    isBehind = !isAtOnce && results !== undefined && results.length > 0;
  }
}

function passedOver(names: readonly string[]): ByName {
  return Object.fromEntries(names.map((name) => [name, { up: async () => undefined }]));
}

async function listNoted<DB>({ db, schema, table }: Ledger<DB>): Promise<string[]> {
  const { rows: found } = await sql<{ isThere: boolean }>`
    select to_regclass(${`${schema}.${table}`}) is not null as "isThere"`.execute(db);
  if (!found[0]?.isThere) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.id(schema, table)}`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

/** Whoever wrote into a database that is being restored would write beside what is still to come. */
async function requireWhole<DB>(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ isThere: boolean }>`
    select to_regnamespace(${restoreSchema}) is not null as "isThere"`.execute(db);
  if (!rows[0]?.isThere) return;
  throw new StartError(
    "the database is half restored: run aether restore again, which goes on where it ended",
  );
}

/** Another encoding than UTF8 has no room for what people write, or counts it by bytes. */
async function requireUnicode<DB>(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select current_setting('server_encoding') as name`.execute(db);
  const name = rows[0]?.name;
  if (name === "UTF8") return;
  throw new StartError(
    `DATABASE_URL names a database in ${name}, which can't hold every text: make one with ` +
      "create database … encoding 'UTF8' template template0",
  );
}
