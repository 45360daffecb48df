import {
  authClientSettings,
  browserSettings,
  commonSettings,
  foundAt,
  originsOf,
  ports,
} from "#common/config.ts";
import {
  baseUrl,
  ConfigError,
  type Env,
  flag,
  list,
  number,
  readSettings,
  setting,
} from "#common/settings.ts";

export const gatewaySettings = {
  ...commonSettings,
  ...browserSettings,
  ...authClientSettings,
  port: ports.gateway,
  messageHttpPort: ports.messageHttp,
  messageRpcPort: ports.messageRpc,
  messageRpcUrls: setting(
    "MESSAGE_SERVICE_RPC_URLS",
    list(baseUrl).optional(),
    "where the message instances' RPC is found",
    "`http://127.0.0.1:50002`",
  ),
  messageUrls: setting(
    "MESSAGE_SERVICE_URLS",
    list(baseUrl).optional(),
    "where the message instances' Socket.IO is found, in the same order",
    "`http://127.0.0.1:3001`",
  ),
  rateLimitPerMinute: setting(
    "RATE_LIMIT_PER_MINUTE",
    number(600),
    "requests on `/api/*`, per session or else per client; 0 = off",
  ),
  tokensInBody: setting(
    "TOKENS_IN_BODY",
    flag(true),
    "whether a login answers its tokens in the body too",
  ),
};

/** What the gateway is configured with. */
export type GatewayConfig = ReturnType<typeof parseGatewayConfig>;

/** Reads the gateway's settings. @throws ConfigError */
export function parseGatewayConfig(env: Env) {
  const read = readSettings(gatewaySettings, env);
  const { host, messageHttpPort, messageRpcPort } = read;
  const http = { port: ports.messageHttp, url: gatewaySettings.messageUrls };
  const rpc = { port: ports.messageRpc, url: gatewaySettings.messageRpcUrls };
  const auth = { port: ports.authRpc, url: gatewaySettings.authUrl };
  const messageUrls = read.messageUrls ?? [foundAt(host, messageHttpPort, http)];
  const messageRpcUrls = read.messageRpcUrls ?? [foundAt(host, messageRpcPort, rpc)];
  if (messageRpcUrls.length !== messageUrls.length) {
    throw new ConfigError(
      "bad setting: MESSAGE_SERVICE_RPC_URLS and MESSAGE_SERVICE_URLS must name the same instances",
    );
  }
  const authUrl = read.authUrl ?? foundAt(host, read.authRpcPort, auth);
  return { ...read, ...originsOf(read), authUrl, messageUrls, messageRpcUrls };
}
