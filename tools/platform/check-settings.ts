/**
 * Checks all settings before anything is written, and prints those of the start as JSON. In a
 * process of its own, so that the supervisor doesn't keep in memory what the check needs.
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import { type AuthConfig, parseAuthConfig } from "#auth/config.ts";
import { ConfigError, type Env, number, readEnv } from "#common/config.ts";
import { type GatewayConfig, parseGatewayConfig } from "#gateway/config.ts";
import { type MessageConfig, parseMessageConfig } from "#message/config.ts";
import type { StartSettings } from "./settings.ts";

/**
 * Checks the settings of all services.
 * @throws ConfigError
 */
function parseStartSettings(env: Env): StartSettings {
  const read = readEnv(
    {
      DATA_DIR: z.string().default(join(import.meta.dirname, "../../.data")),
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

try {
  process.stdout.write(JSON.stringify(parseStartSettings(process.env)));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(error.message);
  process.exitCode = 1;
}
