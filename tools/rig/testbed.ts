import { type AuthConfig, parseAuthConfig } from "#auth/config.ts";
import type { AuthOverrides } from "#auth/context.ts";
import { type RunningAuth, startAuth } from "#auth/service.ts";
import { type GatewayConfig, parseGatewayConfig } from "#gateway/config.ts";
import type { GatewayOverrides } from "#gateway/context.ts";
import { type RunningGateway, startGateway } from "#gateway/service.ts";
import { type MessageConfig, parseMessageConfig } from "#message/config.ts";
import type { MessageOverrides } from "#message/context.ts";
import { type RunningMessage, startMessage } from "#message/service.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type Layout, layOut } from "./layout.ts";
import { createTestLog, noteSecret } from "./log.ts";

/**
 * What services stand on that run in this process: a database, a layout, and logs that are
 * looked through at the end. A service that is started a second time needs ports of its own,
 * `freePorts`.
 */
export interface Testbed extends AsyncDisposable {
  database: TestDatabase;
  layout: Layout;
  startAuth: (config?: Partial<AuthConfig>, overrides?: AuthOverrides) => Promise<RunningAuth>;
  /** @param instance whose settings to take: 0 is the first */
  startMessage: (
    config?: Partial<MessageConfig>,
    overrides?: MessageOverrides,
    instance?: number,
  ) => Promise<RunningMessage>;
  startGateway: (
    config?: Partial<GatewayConfig>,
    overrides?: GatewayOverrides,
  ) => Promise<RunningGateway>;
}

export const freePorts = { httpPort: 0, rpcPort: 0, port: 0 };

/** Hashes that cost next to nothing, for tests that log in often. */
export const cheapPasswords = { passwordCost: { memoryCost: 1_024, timeCost: 1 } };

export interface TestbedOptions {
  instances?: number | undefined;
  /** The PostgreSQL server to make the database on; that of the test run if not given. */
  serverUrl?: string | undefined;
}

export async function openTestbed({ instances, serverUrl }: TestbedOptions = {}): Promise<Testbed> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase(serverUrl));
  const layout = await layOut({ databaseUrl: database.url, ...(instances && { instances }) });
  noteSecret(layout.serviceSecret);
  const logOf = (service: string) => stack.use(createTestLog(service)).log;
  const logs = { auth: logOf("auth"), message: logOf("message"), gateway: logOf("gateway") };
  return {
    database,
    layout,
    startAuth: (config, overrides) =>
      startAuth(
        { ...parseAuthConfig(layout.auth.env), ...config },
        { log: logs.auth, ...cheapPasswords, ...overrides },
      ),
    startMessage: (config, overrides, instance = 0) =>
      startMessage(
        { ...parseMessageConfig(layout.messages[instance]?.env ?? {}), ...config },
        { log: logs.message, ...overrides },
      ),
    startGateway: (config, overrides) =>
      startGateway(
        { ...parseGatewayConfig(layout.gateway.env), ...config },
        { log: logs.gateway, ...overrides },
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
