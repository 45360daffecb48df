import { z } from "zod";
import {
  authClientSettings,
  browserSettings,
  commonSettings,
  databaseUrl,
  foundAt,
  originsOf,
  ports,
} from "#common/config.ts";
import {
  ConfigError,
  type Env,
  number,
  optional,
  readSettings,
  setting,
} from "#common/settings.ts";

/** Several hosts may stand in it, which `URL` can't read. */
const mongodbUri = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/([^\s/?#@]+@)?[^\s/?#@,]+(,[^\s/?#@,]+)*([/?]\S*)?$/, {
    error: "must be a URI such as mongodb://host:port/database or mongodb+srv://host/database",
  });

export const messageSettings = {
  ...commonSettings,
  ...browserSettings,
  ...authClientSettings,
  httpPort: ports.messageHttp,
  rpcPort: ports.messageRpc,
  /** Undefined only where MongoDB is used instead. */
  databaseUrl: optional(databaseUrl),
  mongodbUri: setting(
    "MONGODB_URI",
    mongodbUri.optional(),
    "a MongoDB for rooms and messages, which otherwise live in PostgreSQL; `mongodb://` or `mongodb+srv://`, database `aetherconnect` if none is named",
  ),
  socketMessagesPerSecond: setting(
    "SOCKET_MESSAGES_PER_SECOND",
    number(20),
    "messages per socket, double in a burst; 0 = off",
  ),
  socketsPerUser: setting("SOCKETS_PER_USER", number(20), "open sockets per user; 0 = off"),
  handshakesPerMinute: setting(
    "HANDSHAKES_PER_MINUTE",
    number(120),
    "handshakes of sockets per client; 0 = off",
  ),
};

/** What the message service is configured with. */
export type MessageConfig = ReturnType<typeof parseMessageConfig>;

/** Reads the message service's settings. @throws ConfigError */
export function parseMessageConfig(env: Env) {
  const read = readSettings(messageSettings, env);
  if (read.databaseUrl === undefined && read.mongodbUri === undefined) {
    throw new ConfigError(
      "bad setting: DATABASE_URL is needed where MONGODB_URI isn't set: messages live in either",
    );
  }
  const auth = { port: ports.authRpc, url: authClientSettings.authUrl };
  const authUrl = read.authUrl ?? foundAt(read.host, read.authRpcPort, auth);
  return { ...read, ...originsOf(read), authUrl };
}
