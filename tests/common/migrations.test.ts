import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { createLogger } from "#common/log.ts";
import { type Migrations, migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { createTestDatabase } from "#tools/rig/database.ts";

const log = createLogger("message", "silent");

function creating(table: string): Migration {
  return {
    up: async (db) => {
      await sql`create table ${sql.id("things", table)} (id int)`.execute(db);
    },
  };
}

const first = { "0001-a": creating("a") };
const next = { "0002-b": creating("b") };
const newest = { ...next, "0003-c": creating("c") };

async function openThings() {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const open = () => stack.use(openPostgres<object>("things", { url: database.url, log, size: 2 }));
  const postgres = open();
  const tables = async () => {
    const rows = await database.query(
      "select tablename from pg_tables where schemaname = 'things' order by tablename",
    );
    return rows.map(({ tablename }) => String(tablename)).filter((name) => name.length === 1);
  };
  return {
    database,
    open,
    tables,
    /** As version 1.0 does. */
    migrateAsFirst: (migrations: Record<string, Migration>) =>
      new Migrator({
        db: postgres.db,
        provider: { getMigrations: async () => migrations },
        migrationTableSchema: "things",
      }).migrateToLatest(),
    migrate: (migrations: Migrations) => migrate(postgres, "things", migrations),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("an instance of 1.0 starts beside the schema of later versions", async () => {
  await using things = await openThings();
  await things.database.query("create schema things");
  assert.equal((await things.migrateAsFirst(first)).error, undefined);
  await things.migrate({ first, later: newest });
  assert.deepEqual(await things.tables(), ["a", "b", "c"]);
  assert.deepEqual(await things.migrateAsFirst(first), { results: [] });
});

test("an instance starts beside the schema of a newer version, and runs nothing again", async () => {
  await using things = await openThings();
  await things.migrate({ first, later: newest });
  await things.migrate({ first, later: next });
  await things.migrate({ first, later: newest });
  assert.deepEqual(await things.tables(), ["a", "b", "c"]);
});

test("what a build before the second ledger has run isn't run again", async () => {
  await using things = await openThings();
  await things.database.query("create schema things");
  await things.migrateAsFirst({ ...first, ...next });
  await things.migrate({ first, later: newest });
  assert.deepEqual(await things.tables(), ["a", "b", "c"]);
});

test("of several that start at once each finds the schema complete", async () => {
  await using things = await openThings();
  const all = Array.from({ length: 4 }, () =>
    migrate(things.open(), "things", { first, later: newest }),
  );
  await Promise.all(all);
  assert.deepEqual(await things.tables(), ["a", "b", "c"]);
});
