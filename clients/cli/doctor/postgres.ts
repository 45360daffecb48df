import pg from "pg";
import { migrations as authMigrations } from "#auth/db/migrations.ts";
import { type Migrations, namesOf, restoreSchema } from "#common/migrations.ts";
import { isDatabaseRefused } from "#common/postgres-errors.ts";
import { migrations as messageMigrations } from "#message/store/postgres/migrations.ts";
import { listMigrations } from "../backup/tables.ts";
import type { Target } from "../operator/target.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, ok, problem, reasonOf } from "./finding.ts";
import { migrated } from "./migrated.ts";

const about = "PostgreSQL";
const timeoutMs = 3_000;

/** Whether it answers, how it keeps what it is given, and what migrations have made. */
export async function checkPostgres(target: Target): Promise<Finding[]> {
  const { databaseUrl, mongodbUri } = target;
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const askedAt = Date.now();
    const state = await readState(client);
    return [
      ok(about, `${new URL(databaseUrl).host} answers: version ${state.version}`),
      ...(state.encoding === "UTF8" ? [] : [wrongEncoding(state.encoding)]),
      ...(state.fsync === "on" ? [] : [noSync]),
      ...(state.isHalfRestored ? [halfRestored] : []),
      clockFinding(`${about}'s clock`, state.now.getTime(), { askedAt }),
      await tablesFinding(client, "auth", authMigrations),
      ...(mongodbUri === undefined
        ? [await tablesFinding(client, "message", messageMigrations)]
        : []),
    ];
  } catch (error) {
    return [failure(target, error)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface State {
  version: string;
  now: Date;
  encoding: string;
  fsync: string;
  isHalfRestored: boolean;
}

async function readState(client: pg.Client): Promise<State> {
  const { rows } = await client.query<State>(
    `select current_setting('server_version') as version, now() as now,
      current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
      to_regnamespace($1) is not null as "isHalfRestored"`,
    [restoreSchema],
  );
  const [state] = rows;
  if (!state) throw new Error("an answer without a row");
  return state;
}

function failure({ databaseUrl, isEmbedded }: Target, error: unknown): Finding {
  const where = isEmbedded ? "the embedded server" : new URL(databaseUrl).host;
  if (isDatabaseRefused(error)) {
    const reason = error instanceof Error ? error.message : "";
    const todo = "check user, password and database of DATABASE_URL";
    return problem(about, `${where} refuses the connection: ${reason}`, todo);
  }
  const todo = isEmbedded
    ? "npm start starts it, unless POSTGRES_PORT is taken; its log is postgres.log in DATA_DIR"
    : "start it, or check DATABASE_URL";
  return problem(about, `${where} can't be reached (${reasonOf(error)})`, todo);
}

function wrongEncoding(encoding: string): Finding {
  const todo = "make one with create database … encoding 'UTF8' template template0, move the data";
  return problem(about, `the database is in ${encoding}, which can't hold every text`, todo);
}

const noSync = problem(
  "fsync",
  "is off: what is acknowledged is lost with the power",
  "set fsync = on in postgresql.conf, and reload",
);

const halfRestored = problem(
  "restore",
  "isn't finished, and services don't start on half of one",
  "run aether restore again: it goes on where it ended",
);

async function tablesFinding(
  client: pg.Client,
  schema: string,
  migrations: Migrations,
): Promise<Finding> {
  const made = await listMigrations(client, schema);
  return migrated(`tables of ${schema}`, made, namesOf(migrations));
}
