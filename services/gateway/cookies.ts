import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Head } from "#common/http/answer.ts";
import type { Tokens } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { credentialCookies } from "./admission.ts";

/** Headers that set and clear the credential cookies. */
export interface CookieJar {
  set: (tokens: Tokens) => Head;
  clear: () => Head;
}

export function createCookieJar(isProduction: boolean): CookieJar {
  const site = isProduction ? "Secure; Partitioned; SameSite=None" : "SameSite=Lax";
  const put = (name: string, value: string, ends?: Timestamp) => {
    const now = Date.now();
    const seconds = ends ? Math.ceil(Math.max(0, timestampMs(ends) - now) / 1000) : 0;
    const expires = new Date(now + seconds * 1000).toUTCString();
    const life = `Max-Age=${seconds}; Path=/; Expires=${expires}`;
    return ["Set-Cookie", `${name}=${value}; ${life}; HttpOnly; ${site}`];
  };
  const { access, refresh } = credentialCookies;
  return {
    set: (tokens) => [
      ...put(access, tokens.accessToken, tokens.accessTokenExpiresAt),
      ...put(refresh, tokens.refreshToken, tokens.refreshTokenExpiresAt),
    ],
    // Browsers forget a cookie only if every attribute is repeated.
    clear: () => [...put(access, ""), ...put(refresh, "")],
  };
}
