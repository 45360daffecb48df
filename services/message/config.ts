import {
  type BrowserConfig,
  baseUrl,
  browserConfig,
  browserShape,
  type CommonConfig,
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
  databaseUrl: string;
  /** Messages a second per socket, sustained; 0 = no limit. */
  socketMessagesPerSecond: number;
  socketsPerUser: number;
}

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
      DATABASE_URL: urlOf("postgres:", "postgresql:"),
      SOCKET_MESSAGES_PER_SECOND: number(20),
      SOCKETS_PER_USER: number(20),
    },
    env,
  );
  const common = commonConfig(read);
  return {
    ...common,
    ...browserConfig(read, common.isProduction),
    httpPort: read.MESSAGE_SERVICE_HTTP_PORT,
    rpcPort: read.MESSAGE_SERVICE_GRPC_PORT,
    authUrl: read.AUTH_SERVICE_URL ?? localUrl(read.HOST, read.AUTH_SERVICE_GRPC_PORT),
    databaseUrl: read.DATABASE_URL,
    socketMessagesPerSecond: read.SOCKET_MESSAGES_PER_SECOND,
    socketsPerUser: read.SOCKETS_PER_USER,
  };
}
