import type { IncomingHttpHeaders } from "node:http";

export interface OriginRuleOptions {
  clientOrigins: readonly string[];
  publicOrigin: string | undefined;
  /** Origins of the server itself, which only development lets in. */
  ownOrigins?: readonly string[];
  isProduction: boolean;
}

/** Whether a browser page of this origin may call. */
export type OriginRule = (headers: IncomingHttpHeaders) => boolean;

/**
 * The guard against cross-site requests (CSRF): a page's `Origin` must be let in; without
 * one, `Sec-Fetch-Site` decides; without both it is no browser.
 */
export function createOriginRule(options: OriginRuleOptions): OriginRule {
  const normalise = options.isProduction ? (origin: string) => origin : asLocalhost;
  const own = options.isProduction ? [] : (options.ownOrigins ?? []);
  const pages = options.publicOrigin === undefined ? [] : [options.publicOrigin];
  const allowed = new Set([...options.clientOrigins, ...pages, ...own].map((it) => normalise(it)));
  return (headers) => {
    const { origin } = headers;
    if (origin !== undefined) return allowed.has(normalise(origin));
    const site = headers["sec-fetch-site"];
    return site === undefined || site === "same-origin" || site === "none";
  };
}

/** In development one machine goes by three names. */
function asLocalhost(origin: string): string {
  return origin.replace(/^(https?:\/\/)(127\.0\.0\.1|\[::1\])(?=:|$)/, "$1localhost");
}
