import { type Connection, createConnection } from "mongoose";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import type { Logger } from "#common/log.ts";
import { createModels, type Mongo } from "./schema.ts";

/** An open connection pool with the models on it. */
export interface MongoConnection extends AsyncDisposable {
  db: Mongo;
  /** Answers whether the server answers, within a second. */
  ping: () => Promise<boolean>;
}

const timeoutMs = budgets.database.mongoOperation;
const defaultDatabase = "aetherconnect";
/** What a URI can say of how is written, read, waited and decoded: promises of ours rest on it. */
const ours =
  /^(w|j|journal|fsync|wtimeout(ms)?|writeconcern|readconcern(level)?|readpreference(tags)?|maxstalenessseconds|timeoutms|raw|promote\w+|usebigint64|bsonregexp|fieldsasraw|ignoreundefined|serializefunctions|checkkeys|enableutf8validation|forceserverobjectid|pkfactory)$/i;

/**
 * Connects to the server. Where it is, who we are and how the connection is kept is the URI's to
 * say; how is written and read is not, nor is it left to what the server has as its default.
 * @throws Error where the server can't be reached or refuses
 */
export async function connectMongo(uri: string, log: Logger): Promise<MongoConnection> {
  const connection = createConnection(withoutOurs(uri), {
    ...(hasDatabase(uri) ? {} : { dbName: defaultDatabase }),
    appName: "aetherconnect-message",
    // What is acknowledged outlives a crash and a failover; numbers are read where they are made.
    writeConcern: { w: "majority", journal: true },
    readConcern: { level: "local" },
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
    // What keeps it from opening is thrown.
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
    const answered = connection.getClient().db("admin").command({ ping: 1 });
    await withDeadline(answered, budgets.health.ping);
    return true;
  } catch {
    return false;
  }
}

/** Whether the URI names a database; the driver would take `test`. */
function hasDatabase(uri: string): boolean {
  return /^[^/]+\/\/[^/?]+\/[^?]/.test(uri);
}

/** The URI without what isn't its to say. */
function withoutOurs(uri: string): string {
  const [place = "", query] = uri.split(/\?(.*)/s);
  if (query === undefined) return uri;
  const kept = query.split("&").filter((part) => !ours.test(part.split("=")[0] ?? ""));
  return kept.length > 0 ? `${place}?${kept.join("&")}` : place;
}
