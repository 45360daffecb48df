import assert from "node:assert/strict";
import { test } from "node:test";
import { type Kysely, sql } from "kysely";
import { type Given, openPostgres, statement } from "#common/postgres.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { createTestLog } from "#tools/rig/log.ts";

interface Things {
  things: { thingId: number; color: string; madeIn: string | null };
}

let made = 0;
const findThings = statement(
  (db: Kysely<Things>, given: Given<{ ids: number[]; color: string }>) => {
    made++;
    return db
      .selectFrom("things")
      .select(["thingId", "madeIn"])
      .where("thingId", "=", sql<number>`any(${given("ids")}::int[])`)
      .where((eb) => eb.or([eb("color", "=", given("color")), eb("madeIn", "=", given("color"))]))
      .where("thingId", "<", 100)
      .orderBy("thingId");
  },
);

test("a statement is made once, and runs with what it is given", async () => {
  await using database = await createTestDatabase();
  using log = createTestLog("test");
  await using postgres = openPostgres<Things>("test", { url: database.url, log: log.log });
  await database.query("create schema test");
  await database.query("create table test.things (thing_id int, color text, made_in text)");
  await database.query(
    "insert into test.things values (1, 'red', null), (2, 'blue', null), (3, 'x', 'red'), (100, 'red', null)",
  );
  const ids = [1, 2, 3, 100];
  const [red, blue, none] = await Promise.all([
    findThings(postgres.db, { ids, color: "red" }),
    postgres.db.transaction().execute((trx) => findThings(trx, { ids, color: "blue" })),
    findThings(postgres.db, { ids: [], color: "red" }),
  ]);
  assert.deepEqual(red, [
    { thingId: 1, madeIn: null },
    { thingId: 3, madeIn: "red" },
  ]);
  assert.deepEqual(blue, [{ thingId: 2, madeIn: null }]);
  assert.deepEqual(none, []);
  assert.equal(made, 1);
  // @ts-expect-error what isn't selected isn't there
  assert.equal(red[0]?.color, undefined);
  // @ts-expect-error each value has to be given
  await findThings(postgres.db, { ids });
});
