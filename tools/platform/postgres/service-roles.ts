import pg from "pg";
import { StartError } from "#common/lifecycle.ts";
import { prepareSession } from "#common/postgres-session.ts";
import { readOrCreateSecret } from "../data-dir.ts";

/**
 * Gives each service a role and a schema of its name on the embedded server, so that none reads
 * what another keeps. Tables that an earlier version made as the superuser become the role's.
 * Returns the URL for each; throws StartError.
 */
export async function ensureServiceRoles(
  url: string,
  dataDir: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const client = new pg.Client({ connectionString: url });
  const urls = new Map<string, string>();
  // A server that dies fails the statement, and says so a second time.
  client.on("error", () => {});
  try {
    await client.connect();
    await prepareSession(client);
    for (const name of names) {
      const password = readOrCreateSecret(dataDir, `postgres-password-${name}`).value;
      await client.query("begin");
      await ensureRole(client, name, password);
      await ensureSchema(client, name);
      await client.query("commit");
      const own = new URL(url);
      own.username = name;
      own.password = password;
      urls.set(name, own.href);
    }
    return urls;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `PostgreSQL's roles for the services can't be made (${reason}); its log lies in ${dataDir}`,
    );
  } finally {
    await client.end();
  }
}

/** The password is set each time, so that a lost file heals. */
async function ensureRole(client: pg.Client, name: string, password: string): Promise<void> {
  const role = client.escapeIdentifier(name);
  const known = await client.query("select from pg_roles where rolname = $1", [name]);
  if (known.rowCount === 0) await client.query(`create role ${role}`);
  await client.query(
    `alter role ${role} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
      password ${client.escapeLiteral(password)}`,
  );
}

async function ensureSchema(client: pg.Client, name: string): Promise<void> {
  const role = client.escapeIdentifier(name);
  const { database } = client;
  // "create schema if not exists", as the migrations say, wants this right even where it exists.
  await client.query(
    `grant create on database ${client.escapeIdentifier(database ?? "")} to ${role}`,
  );
  await client.query(`create schema if not exists ${role}`);
  await client.query(`alter schema ${role} owner to ${role}`);
  const foreign = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relnamespace = $1::regnamespace and relowner <> $2::regrole and relkind in ('r', 'p')`,
    [role, role],
  );
  // Indexes and identity sequences go with their table.
  for (const table of foreign.rows) {
    await client.query(`alter table ${table.name} owner to ${role}`);
  }
}
