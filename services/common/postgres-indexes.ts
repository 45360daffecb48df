import { Client, type Pool } from "pg";
import { pause } from "./deadline.ts";
import { prepareSession } from "./postgres-session.ts";

/** An index of a table that may be large before it gets it. */
export interface NeededIndex {
  /** With its schema, as the table's. */
  name: string;
  table: string;
  isUnique?: boolean;
  /** What follows the table's name in `create index`. */
  on: string;
}

/** @param concurrently while others go on writing, which can't be in a transaction */
export function createIndexText(index: NeededIndex, concurrently = ""): string {
  const { name, table, isUnique, on } = index;
  const unique = isUnique ? "unique " : "";
  return `create ${unique}index ${concurrently} ${name.split(".")[1]} on ${table} ${on}`;
}

/** Only this tells those who make indexes from one another. */
const lock = "hashtext('aetherconnect indexes')";
const retryMs = 100;

/**
 * Makes the indexes that aren't there, while others go on reading and writing. Several processes
 * may do so at once.
 */
export async function makeIndexes(
  pool: Pool,
  url: string,
  indexes: readonly NeededIndex[],
): Promise<void> {
  const missing = await missingOf(pool, indexes);
  if (missing.length === 0) return;
  // The pool's connections have a time limit, which one large table may be over.
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await prepareSession(client);
    // Whoever waited for the lock in a statement would be waited for by the index.
    while (!(await tryLock(client))) await pause(retryMs);
    for (const index of await missingOf(client, missing)) {
      await client.query(`drop index concurrently if exists ${index.name}`);
      await client.query(createIndexText(index, "concurrently"));
    }
  } finally {
    await client.end();
  }
}

/** One whose making was broken off is there, but not valid. */
async function missingOf(
  db: Pick<Client, "query">,
  indexes: readonly NeededIndex[],
): Promise<NeededIndex[]> {
  const { rows } = await db.query<{ isMade: boolean | null }>(
    `select indisvalid as "isMade" from unnest($1::text[]) with ordinality as asked (name, i)
     left join pg_catalog.pg_index on indexrelid = to_regclass(name) order by i`,
    [indexes.map(({ name }) => name)],
  );
  return indexes.filter((_, i) => !rows[i]?.isMade);
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ isOurs: boolean }>(
    `select pg_catalog.pg_try_advisory_lock(${lock}) as "isOurs"`,
  );
  return rows[0]?.isOurs === true;
}
