import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import { createOperations, type Operations } from "#common/http/operations.ts";
import { createCounters } from "#common/limits.ts";
import { createLogger, type Logger } from "#common/log.ts";
import { createMetrics, type Metrics } from "#common/metrics.ts";
import { openPostgres } from "#common/postgres.ts";
import { redisPlaceOf } from "#common/redis.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { openTracing, type Tracing } from "#rpc";
import type { AuthConfig } from "./config.ts";
import { migrateDatabase } from "./db/migrations.ts";
import { createSessionFinder, type FindOpenSession } from "./db/sessions.ts";
import { type AuthDatabase, type Db, schema } from "./db/tables.ts";
import { createUserFinder, type UserFinder } from "./db/users.ts";
import { createFollowers, type Followers } from "./feed/followers.ts";
import { type Notices, startNotices } from "./feed/notices.ts";
import { type KeyRing, openKeyRing } from "./keys/key-ring.ts";
import { createSealer } from "./keys/seal.ts";
import { createLimits, type Limits } from "./limits.ts";
import {
  createPasswords,
  defaultPasswordCost,
  type PasswordCost,
  type Passwords,
} from "./passwords/passwords.ts";

/** Everything that the auth service's parts use. */
export interface AuthContext {
  config: AuthConfig;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing | undefined;
  db: Db;
  /** For the feed alone: calls that wait for connections must not make it look stale. */
  feedDb: Db;
  findOpenSession: FindOpenSession;
  users: UserFinder;
  notices: Notices;
  followers: Followers;
  keys: KeyRing;
  passwords: Passwords;
  limits: Limits;
  serviceTokens: ServiceTokens;
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
 * Brings the database up to date and opens everything; what must be closed goes on the stack.
 * @throws StartError where PostgreSQL can't be had
 */
export async function createAuthContext(
  config: AuthConfig,
  stack: AsyncDisposableStack,
  overrides: AuthOverrides = {},
): Promise<AuthContext> {
  const log = overrides.log ?? createLogger("auth", config.logLevel);
  const metrics = createMetrics("auth");
  const tracing = stack.use(await openTracing("auth", budgets.drain.tracing));
  await migrateDatabase(config.databaseUrl, log);
  const open = (options?: { size: number; statementTimeoutMs: number }) =>
    stack.adopt(
      openPostgres<AuthDatabase>(schema, { url: config.databaseUrl, log, ...options }),
      // A database that hangs must not keep the process from ending.
      (it) => withDeadline(it[Symbol.asyncDispose](), budgets.drain.database, () => undefined),
    );
  const postgres = open();
  const feedPostgres = open({ size: 2, statementTimeoutMs: budgets.database.feedStatement });
  const notices = stack.adopt(startNotices(config.databaseUrl, log), (it) => it.close());
  const keys = stack.adopt(
    await openKeyRing({
      db: postgres.db,
      sealer: createSealer(config.serviceSecrets, "auth signing keys"),
      log,
      leadSeconds: overrides.keyLeadSeconds ?? budgets.keys.lead / 1000,
    }),
    (it) => it.close(),
  );
  const passwords = await createPasswords(overrides.passwordCost ?? defaultPasswordCost);
  metrics.gauge("password_hashes_waiting", "Passwords that wait to be hashed", passwords.waiting);
  const serviceTokens = createServiceTokens("auth", config.serviceSecrets);
  const counters = stack.adopt(await createCounters(redisPlaceOf(config)), (it) => it.close());
  const operations = createOperations({
    dependencies: {
      postgres: { isRequired: true, check: postgres.ping },
      ...(counters.isShared && { redis: { isRequired: false, check: counters.isShared } }),
    },
    metrics,
    metricsToken: config.metricsToken,
  });
  return {
    config,
    log,
    metrics,
    tracing,
    db: postgres.db,
    feedDb: feedPostgres.db,
    findOpenSession: createSessionFinder(postgres.db),
    users: createUserFinder(postgres.db),
    notices,
    followers: createFollowers(),
    keys,
    passwords,
    limits: createLimits(counters, config.authRateLimitPerMinute),
    serviceTokens,
    operations,
  };
}
