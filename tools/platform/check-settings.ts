/**
 * Checks all settings before anything is written, and prints those of the start as JSON. In a
 * process of its own, so that the supervisor doesn't keep in memory what the check needs.
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import { parseAuthConfig } from "#auth/config.ts";
import { browserSettings, commonSettings, ports } from "#common/config.ts";
import { ConfigError, type Env, infoOf, number, readSettings, setting } from "#common/settings.ts";
import { parseGatewayConfig } from "#gateway/config.ts";
import { parseMessageConfig } from "#message/config.ts";
import type { StartSettings } from "./settings.ts";

export const startSettings = {
  dataDir: setting(
    "DATA_DIR",
    z.string().default(join(import.meta.dirname, "../../.data")),
    "where the embedded server and made-up secrets live",
    "`.data/`",
  ),
  postgresPort: setting(
    "POSTGRES_PORT",
    number(5433, { min: 1, max: 65_535 }),
    "the embedded PostgreSQL's port",
  ),
};

/** Reads the settings of the start, and checks those of all services. @throws ConfigError */
export function parseStartSettings(env: Env): StartSettings {
  const { dataDir, postgresPort } = readSettings(startSettings, env);
  const needsSecret = !env.SERVICE_SECRET && env.NODE_ENV !== "production";
  const isEmbedded = !env.DATABASE_URL;
  // What the start itself will fill in stands here by an example of the same form.
  const complete: Env = {
    ...env,
    ...(needsSecret && { SERVICE_SECRET: "x".repeat(64) }),
    ...(isEmbedded && { DATABASE_URL: "postgres://127.0.0.1/aetherconnect" }),
  };
  parseAuthConfig(complete);
  parseMessageConfig(complete);
  parseGatewayConfig(complete);
  requireDifferent(isEmbedded ? { ...ports, postgres: startSettings.postgresPort } : ports, env);
  const { host, isProduction } = readSettings(commonSettings, complete);
  const { webClientPort, gatewayPort, publicOrigin } = readSettings(browserSettings, complete);
  return {
    dataDir: resolve(dataDir),
    postgresPort: isEmbedded ? postgresPort : undefined,
    needsSecret,
    webClient: isProduction ? undefined : { host, port: webClientPort, gatewayPort, publicOrigin },
  };
}

/** @throws ConfigError where two are to listen on one port */
function requireDifferent(settings: Record<string, typeof ports.gateway>, env: Env): void {
  const taken = new Map<number, string>();
  for (const [name, rule] of Object.entries(settings)) {
    const { variable } = infoOf(rule);
    const port = readSettings({ [name]: rule }, env)[name] ?? 0;
    const other = taken.get(port);
    if (port !== 0 && other !== undefined) {
      throw new ConfigError(`bad setting: ${other} and ${variable} must differ, both are ${port}`);
    }
    taken.set(port, variable);
  }
}

if (import.meta.main) {
  try {
    process.stdout.write(JSON.stringify(parseStartSettings(process.env)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(error.message);
    process.exitCode = 1;
  }
}
