import { z } from "zod";
import { StartError } from "./lifecycle.ts";

/** A setting that can't be used. The message is one line and names it. */
export class ConfigError extends StartError {
  override name = "ConfigError";
}

export type Env = Readonly<Record<string, string | undefined>>;

/** What the README says of a setting: its variable, its default and its use. */
export interface SettingInfo {
  variable: string;
  text: string;
  /** Set where the rule alone doesn't say what is taken if nothing is set. */
  defaultText?: string | undefined;
}

const infos = z.registry<SettingInfo>();

/** Declares a setting: `rule` reads the text of `variable`, and has the default. */
export function setting<T extends z.ZodType>(
  variable: string,
  rule: T,
  text: string,
  defaultText?: string,
): T {
  const declared = rule.clone();
  infos.add(declared, { variable, text, defaultText });
  return declared;
}

/** The same setting where it may be left out. */
export function optional<T extends z.ZodType>(rule: T): z.ZodOptional<T> {
  const { variable, text } = infoOf(rule);
  return setting(variable, z.optional(rule), text);
}

/** What was declared of a setting. */
export function infoOf(rule: z.core.$ZodType): SettingInfo {
  const info = infos.get(rule);
  if (!info) throw new Error("a setting that was not declared");
  return info;
}

/**
 * Reads settings, each under the name that it is declared by; an empty value counts as unset.
 * @throws ConfigError naming every setting that is wrong.
 */
export function readSettings<T extends z.ZodRawShape>(
  settings: T,
  env: Env,
): z.output<z.ZodObject<T>> {
  const variables = new Map(
    Object.entries(settings).map(([name, rule]) => [name, infoOf(rule).variable]),
  );
  const given = [...variables].map(([name, variable]) => [name, env[variable] || undefined]);
  const read = z.object(settings).safeParse(Object.fromEntries(given));
  if (read.success) return read.data;
  const faults = read.error.issues.map(
    ({ path, message }) => `${variables.get(String(path[0]))} ${message.replaceAll("\n", " ")}`,
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

/** An `http:` or `https:` URL of a server: without a path, and without a password. */
export const baseUrl = z
  .string()
  .refine(isServer, { error: "must be a URL such as http://host:port" })
  .transform((s) => new URL(s).origin);

/** One origin, such as `https://chat.example.com`. */
export const origin = z
  .string()
  .refine(isHttpOrigin, { error: "must be an origin such as https://chat.example.com" });

/** An origin of a web page or of an app's own pages, such as `capacitor://localhost`. */
export const pageOrigin = z.string().refine((s) => isHttpOrigin(s) || isAppOrigin(s), {
  error: "must be origins such as https://chat.example.com or capacitor://localhost",
});

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
      error: `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}, and have special characters of its password percent-encoded`,
    })
    .refine((s) => !URL.canParse(s) || isEncoded(new URL(s)), {
      error: "must have special characters of its user and password percent-encoded",
    });

/** `true` or `false`. */
export const flag = (fallback: boolean) =>
  z
    .enum(["true", "false"], { error: "must be true or false" })
    .transform((s) => s === "true")
    .default(fallback);

/** Schemes that no page of an app has; what `URL` makes of the others is opaque. */
const otherSchemes = new Set(["http", "https", "ws", "wss", "ftp", "file", "data", "blob"]);

function isAppOrigin(s: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[\w.-]+(:\d{1,5})?$/.exec(s)?.[1];
  return scheme !== undefined && !otherSchemes.has(scheme);
}

/** Whether the libraries that take a URL apart can decode it. */
function isEncoded({ username, password, hostname, pathname }: URL): boolean {
  try {
    return decodeURIComponent(username + password + hostname + pathname) !== undefined;
  } catch {
    return false;
  }
}

function isServer(s: string): boolean {
  if (!URL.canParse(s)) return false;
  const { protocol, origin, href, port } = new URL(s);
  return /^https?:$/.test(protocol) && href === `${origin}/` && port !== "0";
}

function isHttpOrigin(s: string): boolean {
  if (!URL.canParse(s) || s.includes("*")) return false;
  const url = new URL(s);
  return (url.protocol === "http:" || url.protocol === "https:") && url.origin === s;
}
