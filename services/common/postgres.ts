import { createHash } from "node:crypto";
import {
  CamelCasePlugin,
  type CompiledQuery,
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  type QueryExecutorProvider,
  type RawBuilder,
  sql,
} from "kysely";
import { LRUCache } from "lru-cache";
import { Pool, type PoolClient, type QueryConfig, type QueryResult } from "pg";
import { withoutRequestId } from "#rpc";
import { budgets } from "./budgets.ts";
import { withDeadline } from "./deadline.ts";
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

/** Stands for the value of a name, in a statement that is made once. */
export type Given<P> = <K extends keyof P>(name: K) => RawBuilder<P[K]>;

/** What Kysely's builders and `sql` have in common. */
interface Made<R> {
  compile: (db: QueryExecutorProvider) => CompiledQuery<R>;
}

/**
 * A statement that is made when it first runs, and then runs with other values: making one costs
 * more than running it. Its text must not depend on values; they come as `given("name")`, with a
 * cast where PostgreSQL can't tell the type. It runs on a pool or in a transaction:
 *
 *     const findNames = statement((db: Db, given: Given<{ ids: string[] }>) =>
 *       db.selectFrom("users").select(["id", "username"])
 *         .where("id", "=", sql<string>`any(${given("ids")}::bigint[])`));
 *     const rows = await findNames(trx, { ids });
 */
export function statement<DB, P, R>(
  make: (db: Kysely<DB>, given: Given<P>) => Made<R>,
): (db: Kysely<DB>, values: P) => Promise<R[]> {
  const names = new Map<unknown, keyof P>();
  const given: Given<P> = (name) => {
    const mark = { name };
    names.set(mark, name);
    return sql`${mark}`;
  };
  let made: CompiledQuery<R> | undefined;
  return async (db, values) => {
    made ??= make(db, given).compile(db);
    const parameters = made.parameters.map((it) => {
      const name = names.get(it);
      return name === undefined ? it : values[name];
    });
    return (await db.executeQuery<R>({ ...made, parameters })).rows;
  };
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
  const clients = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client);
      if (known) return known;
      const made = namingStatements(client);
      clients.set(client, made);
      return made;
    },
  };
}

function namingStatements(client: PoolClient): PostgresPoolClient {
  // A connection that is lost while it is lent out fails its statement, and says so a second
  // time; without a listener that would end the process.
  client.on("error", () => undefined);
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
  return { query, release: (destroy) => client.release(destroy || isHung) };
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
