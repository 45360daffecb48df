import { type Connection, createConnection } from "mongoose";
import type { Logger } from "#common/log.ts";
import { within } from "../patience.ts";
import { untilSettled } from "./attempts.ts";
import { createIndexes, createModels, type Mongo } from "./models.ts";

/** An open connection pool with the models on it. */
export interface MongoConnection extends AsyncDisposable {
  db: Mongo;
  /** Answers whether the server answers, within a second. */
  ping: () => Promise<boolean>;
}

const timeoutMs = 2_000;
const indexPatienceMs = 10_000;
const defaultDatabase = "aetherconnect";

/**
 * Connects and makes the indexes.
 * @throws Error where the server can't be reached or refuses
 */
export async function connectMongo(uri: string, log: Logger): Promise<MongoConnection> {
  const connection = createConnection(uri, {
    ...(hasDatabase(uri) ? {} : { dbName: defaultDatabase }),
    appName: "aetherconnect-message",
    // What is acknowledged outlives a crash and a failover; numbers are read where they are made.
    writeConcern: { w: "majority", journal: true },
    readPreference: "primary",
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    maxPoolSize: 50,
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
  });
  let isOpen = false;
  connection.on("error", (error: unknown) => {
    // What keeps it from opening is thrown, and told there.
    if (isOpen) log.warn({ err: error }, "MongoDB reports an error");
  });
  connection.on("disconnected", () => {
    if (isOpen) log.warn("MongoDB is lost");
  });
  connection.on("reconnected", () => log.info("MongoDB is back"));
  const db = createModels(connection);
  try {
    await connection.asPromise();
    const readLevel = (await isReplicated(connection)) ? "majority" : "local";
    // Several that start at once can get in each other's way.
    await untilSettled(async () => {
      await createIndexes(db);
      return true;
    }, indexPatienceMs);
    isOpen = true;
    return {
      db: { ...db, readLevel },
      ping: () => ping(connection),
      [Symbol.asyncDispose]: () => {
        isOpen = false;
        return connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function isReplicated(connection: Connection): Promise<boolean> {
  const hello = await connection.getClient().db("admin").command({ hello: 1 });
  return "setName" in hello || hello.msg === "isdbgrid";
}

async function ping(connection: Connection): Promise<boolean> {
  try {
    await within(1_000, connection.getClient().db("admin").command({ ping: 1 }));
    return true;
  } catch {
    return false;
  }
}

/** Whether the URI names a database; the driver would take `test`. */
function hasDatabase(uri: string): boolean {
  return /^[^/]+\/\/[^/?]+\/[^?]/.test(uri);
}
