import { join, resolve } from "node:path";
import { z } from "zod";
import { type AuthConfig, parseAuthConfig } from "#auth/config.ts";
import { ConfigError, type Env, number, readEnv } from "#common/config.ts";
import { type GatewayConfig, parseGatewayConfig } from "#gateway/config.ts";
import { type MessageConfig, parseMessageConfig } from "#message/config.ts";

export type StartSettings = Readonly<{
  dataDir: string;
  /** Undefined: the database is another's (DATABASE_URL). */
  postgresPort: number | undefined;
  /** SERVICE_SECRET is unset, and this is no production: one is made up. */
  needsSecret: boolean;
}>;

/**
 * Checks the settings of all services before anything is loaded or written.
 * @throws ConfigError
 */
export function parseStartSettings(env: Env, root: string): StartSettings {
  const read = readEnv(
    {
      DATA_DIR: z.string().default(join(root, ".data")),
      DATABASE_URL: z.string().optional(),
      POSTGRES_PORT: number(5433, { min: 1, max: 65_535 }),
      SERVICE_SECRET: z.string().optional(),
      NODE_ENV: z.string().optional(),
    },
    env,
  );
  const needsSecret = read.SERVICE_SECRET === undefined && read.NODE_ENV !== "production";
  const postgresPort = read.DATABASE_URL === undefined ? read.POSTGRES_PORT : undefined;

  // What the start itself will fill in stands here by an example of the same form.
  const complete: Env = {
    ...env,
    ...(needsSecret ? { SERVICE_SECRET: "x".repeat(64) } : {}),
    ...(postgresPort === undefined ? {} : { DATABASE_URL: "postgres://127.0.0.1/aetherconnect" }),
  };
  const auth = parseAuthConfig(complete);
  const message = parseMessageConfig(complete);
  const gateway = parseGatewayConfig(complete);
  checkPorts(auth, message, gateway, postgresPort);
  return { dataDir: resolve(read.DATA_DIR), postgresPort, needsSecret };
}

function checkPorts(
  auth: AuthConfig,
  message: MessageConfig,
  gateway: GatewayConfig,
  postgresPort = 0,
): void {
  const ports = {
    API_GATEWAY_PORT: gateway.port,
    MESSAGE_SERVICE_HTTP_PORT: message.httpPort,
    AUTH_SERVICE_HTTP_PORT: auth.httpPort,
    AUTH_SERVICE_GRPC_PORT: auth.rpcPort,
    MESSAGE_SERVICE_GRPC_PORT: message.rpcPort,
    POSTGRES_PORT: postgresPort,
  };
  const seen = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    const other = seen.get(port);
    if (port !== 0 && other !== undefined) {
      throw new ConfigError(`bad setting: ${other} and ${name} must differ, both are ${port}`);
    }
    seen.set(port, name);
  }
}
