import { commonSettings, databaseUrl, ports } from "#common/config.ts";
import { type Env, number, readSettings, setting } from "#common/settings.ts";

export const authSettings = {
  ...commonSettings,
  httpPort: ports.authHttp,
  rpcPort: ports.authRpc,
  databaseUrl,
  authRateLimitPerMinute: setting(
    "AUTH_RATE_LIMIT_PER_MINUTE",
    number(10),
    "login and register attempts per account, three times that per client; 0 = off",
  ),
  refreshReuseWindowSeconds: setting(
    "REFRESH_REUSE_WINDOW_SECONDS",
    number(10, { max: 3600 }),
    "how long a second use of a refresh token is a race of two tabs; 0 = strict",
  ),
  sessionMaxDays: setting(
    "SESSION_MAX_DAYS",
    number(30, { min: 1, max: 3650 }),
    "when a session ends, whatever happens",
  ),
};

/** What the auth service is configured with. */
export type AuthConfig = ReturnType<typeof parseAuthConfig>;

/** Reads the auth service's settings. @throws ConfigError */
export function parseAuthConfig(env: Env) {
  return readSettings(authSettings, env);
}
