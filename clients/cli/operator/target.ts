import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseAuthConfig } from "#auth/config.ts";
import { localUrl } from "#common/lifecycle.ts";
import type { Env } from "#common/settings.ts";
import { parseGatewayConfig } from "#gateway/config.ts";
import { parseMessageConfig } from "#message/config.ts";
import { parseStartSettings } from "#tools/platform/check-settings.ts";
import { readSecret } from "#tools/platform/data-dir.ts";
import { databaseName } from "#tools/platform/postgres/cluster.ts";
import { asFailure } from "./settings.ts";

/** The platform that the settings of this environment make, as `npm start` reads them. */
export interface Target {
  dataDir: string;
  /** Whether `npm start` runs PostgreSQL itself. */
  isEmbedded: boolean;
  databaseUrl: string;
  mongodbUri: string | undefined;
  redisUrl: string | undefined;
  serviceSecrets: readonly [string, ...string[]] | undefined;
  gatewayUrl: string;
  authHttpUrl: string;
  authRpcUrl: string;
  messageHttpUrls: readonly string[];
  messageRpcUrls: readonly string[];
  clientOrigins: readonly string[];
  publicOrigin: string | undefined;
  isProduction: boolean;
}

/** @throws StartError for settings that can't be used, and secrets that others could read */
export function readTarget(env: Env): Target {
  const { dataDir, postgresPort, needsSecret } = parseStartSettings(env);
  const kept = needsSecret ? readSecret(join(dataDir, "service-secret")) : env.SERVICE_SECRET;
  const databaseUrl = env.DATABASE_URL || embeddedUrl(dataDir, postgresPort ?? 0);
  // Where nothing was made up yet there is nothing to sign with either.
  const complete = { ...env, DATABASE_URL: databaseUrl, SERVICE_SECRET: kept ?? "-".repeat(32) };
  const auth = parseAuthConfig(complete);
  const message = parseMessageConfig(complete);
  const gateway = parseGatewayConfig(complete);
  const { clientOrigins, publicOrigin, isProduction, messageUrls, messageRpcUrls } = gateway;
  return {
    dataDir,
    isEmbedded: !env.DATABASE_URL,
    databaseUrl,
    mongodbUri: message.mongodbUri,
    redisUrl: message.redisUrl,
    serviceSecrets: kept === undefined ? undefined : auth.serviceSecrets,
    gatewayUrl: localUrl(gateway.host, gateway.port),
    authHttpUrl: localUrl(new URL(gateway.authUrl).hostname, auth.httpPort),
    authRpcUrl: gateway.authUrl,
    messageHttpUrls: messageUrls,
    messageRpcUrls,
    clientOrigins,
    publicOrigin,
    isProduction,
  };
}

/** The same for a command. @throws Failure */
export function readOperatorTarget(env: Env): Target {
  return asFailure(() => readTarget(env));
}

/** As `npm start` connects to its own server; without a password before its first start. */
function embeddedUrl(dataDir: string, port: number): string {
  const path = join(dataDir, "postgres-password");
  const password = existsSync(path) ? (readSecret(path) ?? "") : "";
  return `postgres://${databaseName}:${password}@127.0.0.1:${port}/${databaseName}`;
}
