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
  flag,
  list,
  localUrl,
  number,
  port,
  readEnv,
} from "#common/config.ts";

/** What the gateway is configured with. */
export interface GatewayConfig extends CommonConfig, BrowserConfig {
  port: number;
  authUrl: string;
  /** RPC and HTTP addresses of the message instances, in the same order. */
  messageRpcUrls: string[];
  messageUrls: string[];
  /** Requests a minute on /api/*; 0 = no limit. */
  rateLimitPerMinute: number;
  tokensInBody: boolean;
}

/** Reads the gateway's settings. @throws ConfigError */
export function parseGatewayConfig(env: Env): GatewayConfig {
  const read = readEnv(
    {
      ...commonShape,
      ...browserShape,
      AUTH_SERVICE_GRPC_PORT: port(50001),
      MESSAGE_SERVICE_HTTP_PORT: port(3001),
      MESSAGE_SERVICE_GRPC_PORT: port(50002),
      AUTH_SERVICE_URL: baseUrl.optional(),
      MESSAGE_SERVICE_RPC_URLS: list(baseUrl).optional(),
      MESSAGE_SERVICE_URLS: list(baseUrl).optional(),
      RATE_LIMIT_PER_MINUTE: number(600),
      TOKENS_IN_BODY: flag(true),
    },
    env,
  );
  const common = commonConfig(read);
  const messageRpcUrls = read.MESSAGE_SERVICE_RPC_URLS ?? [
    localUrl(read.HOST, read.MESSAGE_SERVICE_GRPC_PORT),
  ];
  const messageUrls = read.MESSAGE_SERVICE_URLS ?? [
    localUrl(read.HOST, read.MESSAGE_SERVICE_HTTP_PORT),
  ];
  if (messageRpcUrls.length !== messageUrls.length) {
    throw new ConfigError(
      "bad setting: MESSAGE_SERVICE_RPC_URLS and MESSAGE_SERVICE_URLS must name the same instances",
    );
  }
  return {
    ...common,
    ...browserConfig(read, common.isProduction),
    port: read.API_GATEWAY_PORT,
    authUrl: read.AUTH_SERVICE_URL ?? localUrl(read.HOST, read.AUTH_SERVICE_GRPC_PORT),
    messageRpcUrls,
    messageUrls,
    rateLimitPerMinute: read.RATE_LIMIT_PER_MINUTE,
    tokensInBody: read.TOKENS_IN_BODY,
  };
}
