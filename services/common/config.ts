import { isIP } from "node:net";
import { z } from "zod";
import { localUrl } from "./lifecycle.ts";
import {
  baseUrl,
  ConfigError,
  infoOf,
  list,
  number,
  origin,
  pageOrigin,
  port,
  setting,
  urlOf,
} from "./settings.ts";

/** Settings that every service reads. */
export const commonSettings = {
  isProduction: setting(
    "NODE_ENV",
    z
      .enum(["development", "production", "test"], {
        error: "must be development, production or test",
      })
      .transform((it) => it === "production")
      .default(false),
    "`production`: secure cookies, no reflection; `SERVICE_SECRET` and `CLIENT_ORIGINS` are required",
    "development",
  ),
  logLevel: setting(
    "LOG_LEVEL",
    z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
        error: "must be one of fatal, error, warn, info, debug, trace, silent",
      })
      .default("info"),
    "fatal, error, warn, info, debug, trace, silent",
  ),
  host: setting(
    "HOST",
    z
      .string()
      // One with a zone (`fe80::1%eth0`) can't stand in a URL, by which others would find us.
      .refine((s) => s === "localhost" || (isIP(s) !== 0 && !s.includes("%")), {
        error: "must be an IP address of this machine, or localhost",
      })
      .default("127.0.0.1"),
    "address to listen on",
  ),
  /** The first signs; all verify. */
  serviceSecrets: setting(
    "SERVICE_SECRET",
    z
      .string({ error: "is needed: at least 32 bytes, the same for all services" })
      .transform((s) => s.split(",").map((part) => part.trim()))
      .refine((all) => all.length <= 2 && all.every((s) => Buffer.byteLength(s) >= 32), {
        error: "must be 32 bytes or more, or two such secrets as new,old",
      })
      .transform(([first = "", ...older]): [string, ...string[]] => [first, ...older]),
    "secret between services, 32 bytes or more; `new,old` while it is replaced; required in production",
    "made up in `DATA_DIR`",
  ),
  metricsToken: setting(
    "METRICS_TOKEN",
    z
      .string()
      .regex(/^[A-Za-z0-9._~+/-]{16,}=*$/, {
        error: "must be 16 characters or more, of letters, digits and ._~+/-",
      })
      .optional(),
    "bearer token for `/metrics`, which otherwise answers this machine only",
  ),
  redisUrl: setting(
    "REDIS_URL",
    urlOf("redis:", "rediss:")
      .refine((s) => !URL.canParse(s) || /^\/?\d*$/.test(new URL(s).pathname), {
        error: "must end with a database's number, or without one",
      })
      .optional(),
    "a Redis 7 through which instances hear of each other at once and share limits; without it message instances meet in the store, within 2 s",
  ),
  redisPrefix: setting(
    "REDIS_PREFIX",
    z
      .string()
      .regex(/^[\w.:-]{1,64}$/, { error: "must be 1 to 64 letters, digits or any of _.:-" })
      .optional(),
    "what this platform's keys and channels in Redis begin with, the same for all of its services",
    "`aetherconnect:` and an id made of `SERVICE_SECRET`",
  ),
};

export const databaseUrl = setting(
  "DATABASE_URL",
  urlOf("postgres:", "postgresql:"),
  "a PostgreSQL server that runs already; then none is started",
);

/** Where services listen, and find each other on one machine. */
export const ports = {
  gateway: setting("API_GATEWAY_PORT", port(3000), "gateway: REST, `/socket.io/`, `/docs`"),
  messageHttp: setting("MESSAGE_SERVICE_HTTP_PORT", port(3001), "message service: Socket.IO"),
  messageRpc: setting("MESSAGE_SERVICE_GRPC_PORT", port(50002), "message service: RPC"),
  authHttp: setting("AUTH_SERVICE_HTTP_PORT", port(3002), "auth service: health, metrics, JWKS"),
  authRpc: setting("AUTH_SERVICE_GRPC_PORT", port(50001), "auth service: RPC"),
};

/** Settings of the services that call the auth service. */
export const authClientSettings = {
  authRpcPort: ports.authRpc,
  authUrl: setting(
    "AUTH_SERVICE_URL",
    baseUrl.optional(),
    "where the auth service's RPC is found",
    "`http://127.0.0.1:50001`",
  ),
};

/** Settings of the services that browsers reach. */
export const browserSettings = {
  gatewayPort: ports.gateway,
  clientOrigins: setting(
    "CLIENT_ORIGINS",
    list(pageOrigin).optional(),
    "origins of pages and apps let in, comma-separated; in production required, and none of `http:`",
    "`http://localhost:3004`",
  ),
  webClientPort: setting(
    "WEB_CLIENT_PORT",
    port(3004),
    "the sample web client, not in production; the default of `CLIENT_ORIGINS` follows it",
  ),
  publicOrigin: setting(
    "PUBLIC_ORIGIN",
    origin.optional(),
    "the gateway's own origin, as browsers see it",
    "`http://localhost:3000`; in production none",
  ),
  trustedProxyHops: setting(
    "TRUSTED_PROXY_HOPS",
    number(0, { max: 16 }),
    "proxies in front whose `X-Forwarded-For` is believed",
  ),
};

/**
 * The origins that follow from other settings where they aren't set.
 * @throws ConfigError where production would let in a page that came over clear text.
 */
export function originsOf(
  read: z.output<z.ZodObject<typeof browserSettings & typeof commonSettings>>,
): { clientOrigins: string[]; publicOrigin: string | undefined } {
  const clientOrigins = read.clientOrigins ?? [`http://localhost:${read.webClientPort}`];
  const clear = clientOrigins.find((it) => it.startsWith("http:"));
  if (read.isProduction && clear) {
    throw new ConfigError(
      `bad setting: CLIENT_ORIGINS must be given in production, without http: origins (not ${clear})`,
    );
  }
  // In production a page on a user's own machine is none of ours.
  const local = read.isProduction ? undefined : `http://localhost:${read.gatewayPort}`;
  return { clientOrigins, publicOrigin: read.publicOrigin ?? local };
}

/**
 * Where another service of this machine is found where nothing says so.
 * @throws ConfigError where the system is to choose its port
 */
export function foundAt(
  host: string,
  portNumber: number,
  { port, url }: { port: z.ZodType; url: z.ZodType },
): string {
  if (portNumber !== 0) return localUrl(host, portNumber);
  throw new ConfigError(
    `bad setting: ${infoOf(url).variable} is needed where ${infoOf(port).variable} is 0`,
  );
}
