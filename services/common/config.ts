import { isIP } from "node:net";
import { z } from "zod";
import { StartError } from "./lifecycle.ts";

/** A setting that can't be used. The message is one line and names it. */
export class ConfigError extends StartError {
  override name = "ConfigError";
}

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of `shape` from the environment; an empty value counts as unset.
 * @throws ConfigError naming every setting that is wrong.
 */
export function readEnv<T extends z.ZodRawShape>(shape: T, env: Env): z.output<z.ZodObject<T>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const read = z.object(shape).safeParse(given);
  if (read.success) return read.data;
  const faults = read.error.issues.map(
    ({ path, message }) => `${path.join(".")} ${message.replaceAll("\n", " ")}`,
  );
  throw new ConfigError(`bad setting: ${[...new Set(faults)].join("; ")}`);
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine((s) => /^(0|[1-9]\d{0,14})$/.test(s) && Number(s) >= min && Number(s) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);

/** A whole number within bounds, or a default. */
export const number = (fallback: number, { min = 0, max = 1_000_000 } = {}) =>
  wholeNumber(min, max).default(fallback);

/** A TCP port; 0 lets the system choose. */
export const port = (fallback: number) => number(fallback, { max: 65_535 });

/** An `http:` or `https:` URL without a path. */
export const baseUrl = z
  .string()
  .refine((s) => isHttpOrigin(s.replace(/\/$/, "")), {
    error: "must be a URL such as http://host:port",
  })
  .transform((s) => s.replace(/\/$/, ""));

/** One origin, such as `https://chat.example.com`. */
export const origin = z
  .string()
  .refine(isHttpOrigin, { error: "must be an origin such as https://chat.example.com" });

/** A list of what `item` takes, separated by commas. */
export const list = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((s) => s.split(",").map((part) => part.trim()))
    .pipe(z.array(item).min(1));

/** A URL of one of the given schemes, such as `postgres:`. */
export const urlOf = (...schemes: string[]) =>
  z
    .string()
    .refine((s) => schemes.some((scheme) => s.startsWith(`${scheme}//`)) && URL.canParse(s), {
      error: `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`,
    });

/** `true` or `false`. */
export const flag = (fallback: boolean) =>
  z
    .enum(["true", "false"], { error: "must be true or false" })
    .transform((s) => s === "true")
    .default(fallback);

/** Settings that every service reads. */
export const commonShape = {
  NODE_ENV: z
    .enum(["development", "production", "test"], {
      error: "must be development, production or test",
    })
    .default("development"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "must be one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
  HOST: z
    .string()
    .refine((s) => s === "localhost" || isIP(s) !== 0, {
      error: "must be an IP address of this machine, or localhost",
    })
    .default("127.0.0.1"),
  SERVICE_SECRET: z
    .string({ error: "is needed: at least 32 bytes, the same for all services" })
    .transform((s) => s.split(",").map((part) => part.trim()))
    .refine((all) => all.length <= 2 && all.every((s) => Buffer.byteLength(s) >= 32), {
      error: "must be 32 bytes or more, or two such secrets as new,old",
    }),
  METRICS_TOKEN: z.string().min(16, { error: "must be 16 characters or more" }).optional(),
  REDIS_URL: urlOf("redis:", "rediss:").optional(),
};

/** What every service is configured with. */
export interface CommonConfig {
  isProduction: boolean;
  logLevel: string;
  host: string;
  /** The first signs; all verify. */
  serviceSecrets: [string, ...string[]];
  metricsToken: string | undefined;
  redisUrl: string | undefined;
}

/** Shapes what `commonShape` has read. */
export function commonConfig(env: z.output<z.ZodObject<typeof commonShape>>): CommonConfig {
  const [current = "", ...older] = env.SERVICE_SECRET;
  return {
    isProduction: env.NODE_ENV === "production",
    logLevel: env.LOG_LEVEL,
    host: env.HOST,
    serviceSecrets: [current, ...older],
    metricsToken: env.METRICS_TOKEN,
    redisUrl: env.REDIS_URL,
  };
}

/** Settings of the services that browsers reach. */
export const browserShape = {
  CLIENT_ORIGINS: list(origin).optional(),
  WEB_CLIENT_PORT: port(3004),
  PUBLIC_ORIGIN: origin.optional(),
  API_GATEWAY_PORT: port(3000),
  TRUSTED_PROXY_HOPS: number(0, { max: 16 }),
  HANDSHAKES_PER_MINUTE: number(120),
};

/** What the services that browsers reach are configured with. */
export interface BrowserConfig {
  clientOrigins: string[];
  /** The gateway's own, as browsers see it. */
  publicOrigin: string | undefined;
  trustedProxyHops: number;
  handshakesPerMinute: number;
}

/**
 * Shapes what `browserShape` has read.
 * @throws ConfigError where production would let in a page that came over clear text.
 */
export function browserConfig(
  env: z.output<z.ZodObject<typeof browserShape>>,
  isProduction: boolean,
): BrowserConfig {
  const clientOrigins = env.CLIENT_ORIGINS ?? [`http://localhost:${env.WEB_CLIENT_PORT}`];
  const clear = clientOrigins.find((it) => it.startsWith("http:"));
  if (isProduction && clear) {
    throw new ConfigError(
      `bad setting: CLIENT_ORIGINS must be given in production, with https: origins only (not ${clear})`,
    );
  }
  // In production a page on a user's own machine is none of ours.
  const local = isProduction ? undefined : `http://localhost:${env.API_GATEWAY_PORT}`;
  return {
    clientOrigins,
    publicOrigin: env.PUBLIC_ORIGIN ?? local,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    handshakesPerMinute: env.HANDSHAKES_PER_MINUTE,
  };
}

/** Where a service of this machine is reached, from the address it listens on. */
export function localUrl(host: string, portNumber: number): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${portNumber}`;
}

function isHttpOrigin(s: string): boolean {
  if (!URL.canParse(s)) return false;
  const url = new URL(s);
  return (url.protocol === "http:" || url.protocol === "https:") && url.origin === s;
}
