import pg from "pg";
import { StartError } from "#common/lifecycle.ts";
import { isDatabaseLost, isDatabaseRefused } from "#common/postgres-errors.ts";
import { prepareSession } from "#common/postgres-session.ts";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../operator/target.ts";

/** A connection to the platform's PostgreSQL. */
export interface Database extends AsyncDisposable {
  url: string;
  client: pg.Client;
}

/**
 * Connects; an embedded server that doesn't run is run for as long as it is needed.
 * @throws Failure
 */
export async function openDatabase(target: Target): Promise<Database> {
  await using opening = new AsyncDisposableStack();
  const url = await locate(target, opening);
  const client = new pg.Client({
    connectionString: url,
    application_name: "aether",
    // So that a connection whose network is gone ends while rows are waited for.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A server that dies fails the statement, and says so a second time.
  client.on("error", () => undefined);
  opening.defer(() => client.end().catch(() => undefined));
  await client.connect();
  await prepareSession(client);
  const held = opening.move();
  return { url, client, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function locate(target: Target, stack: AsyncDisposableStack): Promise<string> {
  const { databaseUrl, dataDir, isEmbedded } = target;
  if (!isEmbedded || (await answers(databaseUrl))) return databaseUrl;
  const port = Number(new URL(databaseUrl).port);
  return stack.use(await startEmbeddedPostgres({ dataDir, port })).url;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (isRefusedConnection(error)) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isRefusedConnection(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}

/** What a failure of the database means to who typed the command. */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof StartError) return new Failure("refused", error.message);
  if (!(error instanceof Error) || error instanceof Failure) return error;
  if (isDatabaseLost(error)) {
    return new Failure("unreachable", `PostgreSQL was lost: ${error.message}`, {
      hint: "run it again when PostgreSQL is back: aether doctor says what is wrong",
    });
  }
  if (isDatabaseRefused(error)) {
    return new Failure("refused", `PostgreSQL refuses the connection: ${error.message}`, {
      hint: "check DATABASE_URL",
    });
  }
  return error;
}
