import { z } from "zod";
import {
  type BrowserConfig,
  baseUrl,
  browserConfig,
  browserShape,
  type CommonConfig,
  ConfigError,
  commonConfig,
  commonShape,
  type Env,
  localUrl,
  number,
  port,
  readEnv,
  urlOf,
} from "#common/config.ts";

/** What the message service is configured with. */
export interface MessageConfig extends CommonConfig, BrowserConfig {
  httpPort: number;
  rpcPort: number;
  authUrl: string;
  /** Undefined only where MongoDB is used instead. */
  databaseUrl: string | undefined;
  /** Where messages live, if not in PostgreSQL. */
  mongodbUri: string | undefined;
  /** Messages a second per socket, sustained; 0 = no limit. */
  socketMessagesPerSecond: number;
  socketsPerUser: number;
}

/** Several hosts may stand in it, which makes it no URL to the rest of the world. */
const mongodbUri = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/([^\s/?#@]+@)?[^\s/?#@,]+(,[^\s/?#@,]+)*([/?]\S*)?$/, {
    error: "must be a URI such as mongodb://host:port/database or mongodb+srv://host/database",
  });

/** Reads the message service's settings. @throws ConfigError */
export function parseMessageConfig(env: Env): MessageConfig {
  const read = readEnv(
    {
      ...commonShape,
      ...browserShape,
      MESSAGE_SERVICE_HTTP_PORT: port(3001),
      MESSAGE_SERVICE_GRPC_PORT: port(50002),
      AUTH_SERVICE_GRPC_PORT: port(50001),
      AUTH_SERVICE_URL: baseUrl.optional(),
      DATABASE_URL: urlOf("postgres:", "postgresql:").optional(),
      MONGODB_URI: mongodbUri.optional(),
      SOCKET_MESSAGES_PER_SECOND: number(20),
      SOCKETS_PER_USER: number(20),
    },
    env,
  );
  if (read.DATABASE_URL === undefined && read.MONGODB_URI === undefined) {
    throw new ConfigError(
      "bad setting: DATABASE_URL is needed where MONGODB_URI isn't set: messages live in either",
    );
  }
  const common = commonConfig(read);
  return {
    ...common,
    ...browserConfig(read, common.isProduction),
    httpPort: read.MESSAGE_SERVICE_HTTP_PORT,
    rpcPort: read.MESSAGE_SERVICE_GRPC_PORT,
    authUrl: read.AUTH_SERVICE_URL ?? localUrl(read.HOST, read.AUTH_SERVICE_GRPC_PORT),
    databaseUrl: read.DATABASE_URL,
    mongodbUri: read.MONGODB_URI,
    socketMessagesPerSecond: read.SOCKET_MESSAGES_PER_SECOND,
    socketsPerUser: read.SOCKETS_PER_USER,
  };
}
