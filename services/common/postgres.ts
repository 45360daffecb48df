import { createHash } from "node:crypto";
import {
  CamelCasePlugin,
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresQueryResult,
  sql,
} from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { LRUCache } from "lru-cache";
import { Pool, type QueryConfig, type QueryResult } from "pg";
import { withoutRequestId } from "#rpc";
import { budgets } from "./budgets.ts";
import { withDeadline } from "./deadline.ts";
import { StartError } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import { prepareSession } from "./postgres-session.ts";

/** A connection pool with Kysely on it. Tables are snake_case there and camelCase here. */
export interface Postgres<DB> extends AsyncDisposable {
  db: Kysely<DB>;
  pool: Pool;
  /** Answers whether the server answers, within a second. */
  ping: () => Promise<boolean>;
}

export interface PostgresOptions {
  url: string;
  log: Logger;
  /** Connections at most. */
  size?: number;
  /** A statement that takes longer is cancelled by the server, milliseconds. */
  statementTimeoutMs?: number;
}

/**
 * Opens a pool; connects when first used.
 * @param schema the PostgreSQL schema that all tables are taken from
 */
export function openPostgres<DB>(schema: string, options: PostgresOptions): Postgres<DB> {
  const { statementTimeoutMs = budgets.database.statement } = options;
  const pool = new Pool({
    connectionString: options.url,
    max: options.size ?? 10,
    connectionTimeoutMillis: budgets.database.connect,
    // A server that hangs, or is gone without a word, cancels nothing.
    query_timeout: statementTimeoutMs + budgets.database.hungAfter,
    keepAlive: true,
    application_name: `aetherconnect-${schema}`,
    onConnect: (client) => prepareSession(client, { statement_timeout: `${statementTimeoutMs}ms` }),
  });
  // A connection would speak in the name of the request that has opened it.
  pool.on("error", (err) =>
    withoutRequestId(() => options.log.warn({ err }, "a PostgreSQL connection was lost")),
  );
  const plain = new Kysely<DB>({
    dialect: new PostgresDialect({ pool: withNamedStatements(pool) }),
    plugins: [new CamelCasePlugin()],
  });
  return {
    db: plain.withSchema(schema),
    pool,
    ping() {
      const answered = pool.query("select 1").then(() => true);
      return withDeadline(answered, budgets.health.ping, () => false).catch(() => false);
    },
    [Symbol.asyncDispose]: () => plain.destroy(),
  };
}

/**
 * Brings a schema up to date. Several processes may do so at once: Kysely's migrator
 * takes an advisory lock, one works and the others wait.
 * @throws StartError where the database can't hold every text
 */
export async function migrate<DB>(
  { db }: Postgres<DB>,
  schema: string,
  migrations: Record<string, Migration>,
): Promise<void> {
  await requireUnicode(db);
  // Two that create a schema at once can collide even with "if not exists".
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error;
  });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
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

/** PostgreSQL's code for a broken unique index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return hasCode(error, "23505") && (!constraint || error.constraint === constraint);
}

function hasCode(error: unknown, code: string): error is Error & { constraint?: string } {
  return error instanceof Error && "code" in error && error.code === code;
}

/** What pg says of an answer that didn't come within `query_timeout`. */
const readTimeout = "Query read timeout";

/**
 * Kysely sends statements unnamed, so that the server plans each one anew. Named by
 * their text they are planned once a connection: page reads are about twice as fast.
 * Statements whose text varies must not come with values: they would fill the names.
 */
function withNamedStatements(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      // A connection that is lost while it is lent out fails its statement, and says so a second
      // time; without a listener that would end the process.
      const ignore = () => undefined;
      client.on("error", ignore);
      // What is behind a statement that hangs waits as long, and a transaction would stay open.
      let isHung = false;
      const ask = (config: string | QueryConfig): Promise<QueryResult> => {
        if (isHung) return Promise.reject(new Error(readTimeout));
        return client.query(config).catch((error: unknown) => {
          isHung = error instanceof Error && error.message === readTimeout;
          throw error;
        });
      };
      function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
      function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
      function query(text: unknown, values: readonly unknown[] = []): unknown {
        if (typeof text !== "string") throw new Error("cursors are not used");
        if (values.length === 0) return ask(text);
        return ask({ name: statementName(text), text, values: [...values] });
      }
      const release = (destroy?: boolean) => {
        client.release(destroy || isHung);
        client.off("error", ignore);
      };
      return { query, release };
    },
  };
}

const names = new LRUCache<string, string>({ max: 500 });

function statementName(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = `k${createHash("sha1").update(text).digest("base64url")}`;
    names.set(text, name);
  }
  return name;
}
