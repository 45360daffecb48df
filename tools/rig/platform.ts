import { randomBytes } from "node:crypto";
import type { AuthConfig } from "#auth/config.ts";
import type { AuthOverrides } from "#auth/context.ts";
import { startAuth } from "#auth/service.ts";
import type { GatewayConfig } from "#gateway/config.ts";
import type { GatewayOverrides } from "#gateway/context.ts";
import { startGateway } from "#gateway/service.ts";
import type { MessageConfig } from "#message/config.ts";
import { startMessage } from "#message/service.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { createTestLog, noteSecret } from "./log.ts";
import { findFreePorts } from "./ports.ts";

/** The whole platform in this process, as production runs it, on ports of its own. */
export interface Platform extends AsyncDisposable {
  database: TestDatabase;
  gatewayUrl: string;
  messageUrl: string;
  /** Every message instance's Socket.IO, the first one's first. */
  messageUrls: string[];
  authUrl: string;
  authRpcUrl: string;
  messageRpcUrl: string;
  serviceSecret: string;
  authConfig: AuthConfig;
  messageConfig: MessageConfig;
  /** For a further gateway beside the first. */
  gatewayConfig: GatewayConfig;
  /** A client without cookies; each call of `client` makes another one. */
  client: () => HttpClient;
  auth: { stop: () => Promise<void>; start: () => Promise<void> };
  /** The first instance. */
  message: { stop: () => Promise<void>; start: () => Promise<void> };
}

export interface PlatformOptions {
  /** Message instances; 1 if not given. */
  instances?: number;
  auth?: Partial<AuthConfig>;
  message?: Partial<MessageConfig>;
  gateway?: Partial<GatewayConfig>;
  authOverrides?: AuthOverrides;
  gatewayOverrides?: GatewayOverrides;
}

/** Hashes that cost next to nothing, for tests that log in often. */
export const cheapPasswords: AuthOverrides = { passwordCost: { memoryCost: 1_024, timeCost: 1 } };

export const clientOrigin = "http://localhost:3004";

export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const stack = new AsyncDisposableStack();
  try {
    return await startOn(stack, options);
  } catch (error) {
    // What has started must not keep the process of a failed test alive.
    await stack.disposeAsync();
    throw error;
  }
}

async function startOn(stack: AsyncDisposableStack, options: PlatformOptions): Promise<Platform> {
  const database = stack.use(await createTestDatabase());
  const serviceSecret = randomBytes(32).toString("hex");
  noteSecret(serviceSecret);
  const logs = {
    auth: stack.use(createTestLog("auth")),
    message: stack.use(createTestLog("message")),
    gateway: stack.use(createTestLog("gateway")),
  };
  const { instances = 1 } = options;
  const ports = await findFreePorts(3 + 2 * instances);
  const [authHttp = 0, authRpc = 0, gatewayPort = 0, ...rest] = ports;
  const messagePorts = Array.from({ length: instances }, (_, i) => ({
    http: rest[2 * i] ?? 0,
    rpc: rest[2 * i + 1] ?? 0,
  }));
  const urlOf = (port: number) => `http://127.0.0.1:${port}`;
  const common = {
    isProduction: false,
    logLevel: process.env.TEST_LOG_LEVEL ?? "silent",
    host: "127.0.0.1",
    serviceSecrets: [serviceSecret] satisfies [string],
    metricsToken: undefined,
    redisUrl: undefined,
  };
  const browser = {
    clientOrigins: [clientOrigin],
    publicOrigin: `http://localhost:${gatewayPort}`,
    trustedProxyHops: 0,
    handshakesPerMinute: 0,
  };
  const authConfig: AuthConfig = {
    ...common,
    httpPort: authHttp,
    rpcPort: authRpc,
    databaseUrl: database.url,
    authRateLimitPerMinute: 0,
    refreshReuseWindowSeconds: 10,
    sessionMaxDays: 30,
    ...options.auth,
  };
  const authRpcUrl = `http://127.0.0.1:${authRpc}`;
  const messageConfigs: MessageConfig[] = messagePorts.map(({ http, rpc }) => ({
    ...common,
    ...browser,
    httpPort: http,
    rpcPort: rpc,
    authUrl: authRpcUrl,
    databaseUrl: database.url,
    mongodbUri: undefined,
    socketMessagesPerSecond: 0,
    socketsPerUser: 0,
    ...options.message,
  }));
  const gatewayConfig: GatewayConfig = {
    ...common,
    ...browser,
    port: gatewayPort,
    authUrl: authRpcUrl,
    messageRpcUrls: messagePorts.map(({ rpc }) => urlOf(rpc)),
    messageUrls: messagePorts.map(({ http }) => urlOf(http)),
    rateLimitPerMinute: 0,
    tokensInBody: true,
    ...options.gateway,
  };
  const auth = restartable(() =>
    startAuth(authConfig, { log: logs.auth.log, ...options.authOverrides }),
  );
  const messages = messageConfigs.map((config) =>
    restartable(() => startMessage(config, { log: logs.message.log })),
  );
  const [messageConfig] = messageConfigs;
  const [message] = messages;
  const [messageUrl] = gatewayConfig.messageUrls;
  const [messageRpcUrl] = gatewayConfig.messageRpcUrls;
  if (!messageConfig || !message || !messageUrl || !messageRpcUrl) {
    throw new Error("at least one message instance");
  }
  stack.defer(auth.stop);
  await auth.start();
  for (const instance of messages) {
    stack.defer(instance.stop);
    await instance.start();
  }
  const gateway = stack.use(
    await startGateway(gatewayConfig, { log: logs.gateway.log, ...options.gatewayOverrides }),
  );
  return {
    database,
    gatewayUrl: gateway.url,
    messageUrl,
    messageUrls: gatewayConfig.messageUrls,
    authUrl: urlOf(authHttp),
    authRpcUrl,
    messageRpcUrl,
    serviceSecret,
    authConfig,
    messageConfig,
    gatewayConfig,
    client: () => createHttpClient(gateway.url),
    auth,
    message,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function restartable(start: () => Promise<AsyncDisposable>) {
  let running: AsyncDisposable | undefined;
  return {
    async start() {
      running ??= await start();
    },
    async stop() {
      await running?.[Symbol.asyncDispose]();
      running = undefined;
    },
  };
}
