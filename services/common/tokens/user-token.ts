import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { AppError } from "#contract/errors.ts";
import { budgets } from "../budgets.ts";
import { upTo } from "../cache-size.ts";
import { isFromFuture } from "./clocks.ts";

export const issuer = "aetherconnect";

/** The two tokens that our keys sign; none is accepted in the other's place (RFC 8725, 3.11). */
export const tokenKinds = {
  access: {
    typ: "at+jwt",
    audience: "aetherconnect",
    lifetimeSeconds: budgets.tokens.access / 1000,
    isReused: true,
  },
  ws: {
    typ: "ws+jwt",
    audience: "aetherconnect-ws",
    lifetimeSeconds: budgets.tokens.ws / 1000,
    isReused: false,
  },
} as const;

export type TokenKind = keyof typeof tokenKinds;

/** What a valid token says. */
export interface UserClaims {
  userId: string;
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Finds a public key by its id; undefined if there is none. @throws AppError UNAVAILABLE */
export type FindKey = (kid: string) => Promise<CryptoKey | undefined>;

/** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
export type VerifyUserToken = (token: string) => Promise<UserClaims>;

const maxTokenLength = 4_096;
const maxCached = 10_000;

/**
 * Verifies tokens of one kind. Verifying a signature costs about a thousand times what
 * looking it up does, so what was verified is kept until it expires, if it comes again.
 */
export function createTokenVerifier(kind: TokenKind, findKey: FindKey): VerifyUserToken {
  const { typ, audience, lifetimeSeconds, isReused } = tokenKinds[kind];
  const cache = new LRUCache<string, UserClaims>(upTo(maxCached));
  return async (token) => {
    const known = cache.get(token);
    if (known) {
      if (known.expiresAt + budgets.tokens.leeway > Date.now()) return known;
      cache.delete(token);
      throw new AppError("TOKEN_EXPIRED");
    }
    if (token.length > maxTokenLength) throw new AppError("UNAUTHENTICATED");
    const key = await findKey(keyIdOf(token, typ));
    if (!key) throw new AppError("UNAUTHENTICATED");
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["EdDSA"],
      typ,
      issuer,
      audience,
      requiredClaims: ["sub", "sid", "jti", "iat", "exp"],
      clockTolerance: budgets.tokens.leeway / 1000,
    }).catch((error: unknown) => {
      throw new AppError(error instanceof errors.JWTExpired ? "TOKEN_EXPIRED" : "UNAUTHENTICATED");
    });
    const claims = readClaims(payload, audience, lifetimeSeconds);
    if (isReused) cache.set(token, claims);
    return claims;
  };
}

/**
 * Takes only what our auth service writes: jose lets a token be for several audiences, live
 * longer than its kind, and doesn't look at the types of all claims.
 */
function readClaims(
  { sub, sid, jti, aud, iat, exp }: JWTPayload,
  audience: string,
  lifetimeSeconds: number,
): UserClaims {
  const isOurs =
    typeof sub === "string" &&
    /^[1-9]\d{0,18}$/.test(sub) &&
    typeof sid === "string" &&
    /^[0-9a-f-]{36}$/.test(sid) &&
    typeof jti === "string" &&
    aud === audience &&
    typeof iat === "number" &&
    typeof exp === "number" &&
    !isFromFuture(iat) &&
    exp > iat &&
    exp - iat <= lifetimeSeconds;
  if (!isOurs) throw new AppError("UNAUTHENTICATED");
  return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
}

const headerNames = new Set(["alg", "kid", "typ"]);

/** Nothing but these three belongs into a header of ours: no `jku`, `jwk`, `x5u`, `crit`. */
function keyIdOf(token: string, typ: string): string {
  try {
    const { alg, kid, ...header } = decodeProtectedHeader(token);
    const isPlain = Object.keys(header).every((name) => headerNames.has(name));
    const isOurs = alg === "EdDSA" && header.typ === typ && isPlain && isCanonical(token);
    if (isOurs && typeof kid === "string") return kid;
  } catch {
    // Not a token at all.
  }
  throw new AppError("UNAUTHENTICATED");
}

/** Decoders pass over strange characters and spare bits, so that many texts were one token. */
function isCanonical(token: string): boolean {
  return token
    .split(".")
    .every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}
