import { randomBytes } from "node:crypto";
import { mongo } from "mongoose";

/** Why tests that need MongoDB are skipped; false where there is one. */
export const withoutMongo = process.env.TEST_MONGODB_URI ? false : "TEST_MONGODB_URI is not set";

/** A database of its own for one test file, on a server that speaks MongoDB's protocol. */
export interface TestMongo extends AsyncDisposable {
  uri: string;
  db: mongo.Db;
}

export async function createTestMongo(): Promise<TestMongo> {
  const server = process.env.TEST_MONGODB_URI;
  if (!server) throw new Error("TEST_MONGODB_URI is not set");
  const url = new URL(server);
  url.port ||= "27017";
  url.pathname = `/test_${randomBytes(6).toString("hex")}`;
  const client = new mongo.MongoClient(url.href);
  const db = client.db();
  return {
    uri: url.href,
    db,
    async [Symbol.asyncDispose]() {
      await db.dropDatabase();
      await client.close();
    },
  };
}
