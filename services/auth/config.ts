import {
  type CommonConfig,
  commonConfig,
  commonShape,
  type Env,
  number,
  port,
  readEnv,
  urlOf,
} from "#common/config.ts";

/** What the auth service is configured with. */
export interface AuthConfig extends CommonConfig {
  httpPort: number;
  rpcPort: number;
  databaseUrl: string;
  /** Login and register attempts a minute per account; 0 = no limit. */
  authRateLimitPerMinute: number;
  refreshReuseWindowSeconds: number;
  sessionMaxDays: number;
}

/** Reads the auth service's settings. @throws ConfigError */
export function parseAuthConfig(env: Env): AuthConfig {
  const read = readEnv(
    {
      ...commonShape,
      AUTH_SERVICE_HTTP_PORT: port(3002),
      AUTH_SERVICE_GRPC_PORT: port(50001),
      DATABASE_URL: urlOf("postgres:", "postgresql:"),
      AUTH_RATE_LIMIT_PER_MINUTE: number(10),
      REFRESH_REUSE_WINDOW_SECONDS: number(10, { max: 3600 }),
      SESSION_MAX_DAYS: number(30, { min: 1, max: 3650 }),
    },
    env,
  );
  return {
    ...commonConfig(read),
    httpPort: read.AUTH_SERVICE_HTTP_PORT,
    rpcPort: read.AUTH_SERVICE_GRPC_PORT,
    databaseUrl: read.DATABASE_URL,
    authRateLimitPerMinute: read.AUTH_RATE_LIMIT_PER_MINUTE,
    refreshReuseWindowSeconds: read.REFRESH_REUSE_WINDOW_SECONDS,
    sessionMaxDays: read.SESSION_MAX_DAYS,
  };
}
