import type { AuthConfig } from "#auth/config.ts";
import type { GatewayConfig } from "#gateway/config.ts";
import type { MessageConfig } from "#message/config.ts";
import type { TestDatabase } from "./database.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { freePorts, openTestbed, type Testbed } from "./testbed.ts";

/** The whole platform in this process, as production runs it, on ports of its own. */
export interface Platform
  extends AsyncDisposable,
    Pick<Testbed, "startAuth" | "startMessage" | "startGateway"> {
  database: TestDatabase;
  gatewayUrl: string;
  messageUrl: string;
  /** Every message instance's Socket.IO, the first one's first. */
  messageUrls: string[];
  authUrl: string;
  authRpcUrl: string;
  messageRpcUrl: string;
  serviceSecret: string;
  /** A client without cookies; each call makes another one. */
  client: () => HttpClient;
  auth: Restartable;
  /** The first instance. */
  message: Restartable;
  gateway: Restartable;
}

interface Restartable {
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

export interface PlatformOptions {
  /** Message instances; 1 if not given. */
  instances?: number;
  auth?: Partial<AuthConfig>;
  message?: Partial<MessageConfig>;
  gateway?: Partial<GatewayConfig>;
  /** The PostgreSQL server to make the database on; that of the test run if not given. */
  serverUrl?: string;
}

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
  const bed = stack.use(await openTestbed(options));
  const { layout, database } = bed;
  const start = async (service: () => Promise<AsyncDisposable>): Promise<Restartable> => {
    let running: AsyncDisposable | undefined = await service();
    const stop = async () => {
      await running?.[Symbol.asyncDispose]();
      running = undefined;
    };
    stack.defer(stop);
    return {
      stop,
      async start() {
        running ??= await service();
      },
    };
  };
  const auth = await start(() => bed.startAuth(options.auth));
  const message = await start(() => bed.startMessage(options.message));
  for (let i = 1; i < layout.messages.length; i++) {
    await start(() => bed.startMessage(options.message, {}, i));
  }
  const gateway = await start(() => bed.startGateway(options.gateway));
  const [first] = layout.messages;
  return {
    database,
    gatewayUrl: layout.gateway.url,
    messageUrl: first.httpUrl,
    messageUrls: layout.messages.map((it) => it.httpUrl),
    authUrl: layout.auth.httpUrl,
    authRpcUrl: layout.auth.rpcUrl,
    messageRpcUrl: first.rpcUrl,
    serviceSecret: layout.serviceSecret,
    client: () => createHttpClient(layout.gateway.url),
    auth,
    message,
    gateway,
    // Beside those that run, as they are configured.
    startAuth: (config, overrides) =>
      bed.startAuth({ ...options.auth, ...freePorts, ...config }, overrides),
    startMessage: (config, overrides) =>
      bed.startMessage({ ...options.message, ...freePorts, ...config }, overrides),
    startGateway: (config, overrides) =>
      bed.startGateway({ ...options.gateway, ...freePorts, ...config }, overrides),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
