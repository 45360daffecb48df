import type pg from "pg";
import { ledgers } from "#common/migrations.ts";

/** A table whose rows are kept. */
export interface Table {
  schema: string;
  name: string;
  /** Those that are stored, not made of others. */
  columns: readonly string[];
  /** What its rows are put in order by, so that the same rows are the same bytes; the whole row if empty. */
  key: readonly string[];
}

/** The counter of a column of numbers. */
export interface Counter {
  schema: string;
  table: string;
  column: string;
  last: string;
}

/** The tables of schemas, each behind those that it refers to. */
export async function listTables(client: pg.Client, schemas: readonly string[]): Promise<Table[]> {
  const { rows } = await client.query<Table & { refersTo: string[] }>(
    `select n.nspname as schema, c.relname as name,
        array(select a.attname::text from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          order by a.attnum) as columns,
        array(select a.attname::text from pg_index i
          cross join unnest(i.indkey::int2[]) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
          where i.indrelid = c.oid and i.indisprimary order by k.place) as key,
        array(select f.relname::text from pg_constraint r join pg_class f on f.oid = r.confrelid
          where r.conrelid = c.oid and r.contype = 'f' and f.oid <> c.oid) as "refersTo"
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1) and c.relkind = 'r'
        and c.relname not like 'kysely_migration%' and c.relname not like 'later_migration%'
      order by n.nspname, c.relname`,
    [schemas],
  );
  const ordered: Table[] = [];
  const left = new Set(rows);
  while (left.size > 0) {
    for (const row of left) {
      const waitsFor = [...left].some((it) => it !== row && row.refersTo.includes(it.name));
      if (waitsFor) continue;
      const { schema, name, columns, key } = row;
      ordered.push({ schema, name, columns, key });
      left.delete(row);
    }
  }
  return ordered;
}

export async function listCounters(
  client: pg.Client,
  schemas: readonly string[],
): Promise<Counter[]> {
  const { rows } = await client.query<Omit<Counter, "last"> & { sequence: string }>(
    `select n.nspname as schema, c.relname as table, a.attname as column,
        pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1) and a.attidentity <> '' and c.relkind = 'r' order by 1, 2, 3`,
    [schemas],
  );
  const counters: Counter[] = [];
  for (const { sequence, ...counter } of rows) {
    const [at] = (
      await client.query<{ last: string }>(
        `select case when is_called then last_value else 0 end::text as last from ${sequence}`,
      )
    ).rows;
    counters.push({ ...counter, last: at?.last ?? "0" });
  }
  return counters;
}

/** The names of the migrations that have made a schema; none where it isn't there. */
export async function listMigrations(client: pg.Client, schema: string): Promise<string[]> {
  const names = new Set<string>();
  for (const table of [ledgers.first, ledgers.later].map((it) => `${schema}.${it}`)) {
    const { rows } = await client.query("select to_regclass($1) is not null as there", [table]);
    if (!rows[0]?.there) continue;
    const noted = await client.query<{ name: string }>(`select name from ${table}`);
    for (const { name } of noted.rows) names.add(name);
  }
  return [...names].sort();
}

/** The statement that writes a table's rows out. */
export function copyOut(client: pg.Client, { schema, name, columns, key }: Table): string {
  const quoted = (names: readonly string[]) =>
    names.map((it) => client.escapeIdentifier(it)).join();
  const order = key.length > 0 ? quoted(key) : 'kept::text collate "C"';
  return `copy (select ${quoted(columns)} from ${tableName(client, { schema, name })} as kept
    order by ${order}) to stdout`;
}

/** The statement that takes a table's rows in. */
export function copyIn(client: pg.Client, { schema, name, columns }: Table): string {
  const quoted = columns.map((it) => client.escapeIdentifier(it)).join();
  return `copy ${tableName(client, { schema, name })} (${quoted}) from stdin`;
}

export function tableName(
  client: pg.Client,
  { schema, name }: Pick<Table, "schema" | "name">,
): string {
  return `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
}
