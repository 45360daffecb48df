import { randomBytes } from "node:crypto";
import { Client } from "pg";

/** A database of its own for one test file, on the server that the test run has started. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** One statement, as the database's owner. */
  query: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
}

/** @param serverUrl where to make it, if not on the server of the test run */
export async function createTestDatabase(
  serverUrl = process.env.TEST_DATABASE_URL,
): Promise<TestDatabase> {
  if (!serverUrl) throw new Error("TEST_DATABASE_URL is not set: run the tests with npm test");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (text, values) =>
      withClient(url.href, async (client) => (await client.query(text, values)).rows),
    async [Symbol.asyncDispose]() {
      await withClient(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

/** Lends a connection. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
