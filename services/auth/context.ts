import { createOperations, type Operations } from "#common/http/operations.ts";
import { type Closers, createClosers } from "#common/lifecycle.ts";
import { createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { openPostgres } from "#common/postgres.ts";
import type { Authenticator } from "#common/rpc/interceptors.ts";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { createAuthenticator } from "./authenticator.ts";
import type { AuthConfig } from "./config.ts";
import { migrateDatabase } from "./db/open-database.ts";
import { type AuthDatabase, type Db, schema } from "./db/tables.ts";
import { type Notices, startNotices } from "./feed/notices.ts";
import { defaultLeadSeconds, type KeyRing, openKeyRing } from "./keys/key-ring.ts";
import { createSealer } from "./keys/seal.ts";
import { createLimits, type Limits } from "./limits/limits.ts";
import {
  createPasswords,
  defaultPasswordCost,
  type PasswordCost,
  type Passwords,
} from "./passwords/passwords.ts";
import { within } from "./within.ts";

/** A database that hangs must not keep the process from ending. */
const closeMs = 1_500;

/** Everything that the auth service's parts use. */
export interface AuthContext {
  config: AuthConfig;
  log: Logger;
  metrics: Metrics;
  closers: Closers;
  db: Db;
  /** For the feed alone: calls that wait for connections must not make it look stale. */
  feedDb: Db;
  notices: Notices;
  keys: KeyRing;
  passwords: Passwords;
  limits: Limits;
  authenticator: Authenticator;
  operations: Operations;
}

/** What tests may put in the place of what the context makes. */
export interface AuthOverrides {
  log?: Logger;
  passwordCost?: PasswordCost;
  /** How long a new signing key is published before it signs. */
  keyLeadSeconds?: number;
}

/**
 * Brings the database up to date and opens everything.
 * @throws StartError where PostgreSQL can't be had
 */
export async function createAuthContext(
  config: AuthConfig,
  overrides: AuthOverrides = {},
): Promise<AuthContext> {
  const log = overrides.log ?? createLogger("auth", config.logLevel);
  const metrics = createMetrics("auth");
  const closers = createClosers((err) => log.warn({ err }, "closing failed"));
  try {
    await migrateDatabase(config.databaseUrl, log);
    const postgres = openPostgres<AuthDatabase>(schema, { url: config.databaseUrl, log });
    closers.add(() => within(postgres[Symbol.asyncDispose](), closeMs));
    const feedPostgres = openPostgres<AuthDatabase>(schema, {
      url: config.databaseUrl,
      log,
      size: 2,
      statementTimeoutMs: 1_000,
    });
    closers.add(() => within(feedPostgres[Symbol.asyncDispose](), closeMs));
    const notices = startNotices(config.databaseUrl, log);
    closers.add(() => notices.close());
    const keys = await openKeyRing({
      db: postgres.db,
      sealer: createSealer(config.serviceSecrets, "auth signing keys"),
      log,
      leadSeconds: overrides.keyLeadSeconds ?? defaultLeadSeconds,
    });
    closers.add(() => keys.close());
    const passwords = await createPasswords(overrides.passwordCost ?? defaultPasswordCost);
    metrics.gauge("password_hashes_waiting", "Passwords that wait to be hashed", passwords.waiting);
    const serviceTokens = createServiceTokens("auth", config.serviceSecrets);
    const counters = createCounters(config.redisUrl);
    closers.add(() => counters.close());
    return {
      config,
      log,
      metrics,
      closers,
      db: postgres.db,
      feedDb: feedPostgres.db,
      notices,
      keys,
      passwords,
      limits: createLimits(counters, config.authRateLimitPerMinute),
      authenticator: createAuthenticator(postgres.db, keys.find, serviceTokens),
      operations: createOperations({
        dependencies: {
          postgres: { isRequired: true, check: postgres.ping },
          ...(counters.isShared && { redis: { isRequired: false, check: counters.isShared } }),
        },
        metrics,
        metricsToken: config.metricsToken,
      }),
    };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}
