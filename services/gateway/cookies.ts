import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { CookieOptions, Request, Response } from "express";
import { AppError } from "#contract/errors.ts";
import type { Tokens } from "#gen/aetherconnect/auth/v1/auth_pb.ts";

const names = { access: "accessToken", refresh: "refreshToken" } as const;

/** The credential cookies of a request, as opaque strings. */
export interface CredentialCookies {
  accessToken: string | undefined;
  refreshToken: string | undefined;
}

/**
 * Reads the credential cookies. One that comes twice, as when another application on the same
 * host has set it too, can't be told from the other.
 * @param ambiguous what is done then: the request is refused, or neither counts
 * @throws AppError AMBIGUOUS_CREDENTIALS
 */
export function readCookies(req: Request, ambiguous: "refused" | "ignored"): CredentialCookies {
  const found = new Map<string, string | undefined>();
  for (const pair of (req.headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (at < 0 || (name !== names.access && name !== names.refresh)) continue;
    const isTwice = found.has(name);
    if (isTwice && ambiguous === "refused") throw new AppError("AMBIGUOUS_CREDENTIALS");
    found.set(name, isTwice ? undefined : pair.slice(at + 1).trim());
  }
  return { accessToken: found.get(names.access), refreshToken: found.get(names.refresh) };
}

/** Sets and clears the credential cookies. */
export interface CookieJar {
  set: (res: Response, tokens: Tokens) => void;
  clear: (res: Response) => void;
}

export function createCookieJar(isProduction: boolean): CookieJar {
  const attributes: CookieOptions = {
    httpOnly: true,
    secure: isProduction,
    sameSite: isProduction ? "none" : "lax",
    path: "/",
    ...(isProduction && { partitioned: true }),
    encode: (value) => value,
  };
  const put = (res: Response, name: string, value: string, expires?: Timestamp) => {
    const leftMs = expires ? Math.max(0, timestampMs(expires) - Date.now()) : 0;
    res.cookie(name, value, { ...attributes, maxAge: Math.ceil(leftMs / 1000) * 1000 });
  };
  return {
    set(res, tokens) {
      put(res, names.access, tokens.accessToken, tokens.accessTokenExpiresAt);
      put(res, names.refresh, tokens.refreshToken, tokens.refreshTokenExpiresAt);
    },
    // Browsers forget a cookie only if every attribute is repeated.
    clear(res) {
      put(res, names.access, "");
      put(res, names.refresh, "");
    },
  };
}
