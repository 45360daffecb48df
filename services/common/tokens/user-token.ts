import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify } from "jose";
import { AppError } from "../errors.ts";

export const issuer = "aetherconnect";

/** The two tokens that our keys sign; none is accepted in the other's place (RFC 8725, 3.11). */
export const tokenKinds = {
  access: { typ: "at+jwt", audience: "aetherconnect", lifetimeSeconds: 15 * 60 },
  ws: { typ: "ws+jwt", audience: "aetherconnect-ws", lifetimeSeconds: 60 },
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

const clockToleranceSeconds = 5;
const maxTokenLength = 4_096;
const maxCached = 10_000;

/**
 * Verifies tokens of one kind. Verifying a signature costs about a thousand times what
 * looking it up does, so what was verified is kept until it expires.
 */
export function createTokenVerifier(kind: TokenKind, findKey: FindKey): VerifyUserToken {
  const { typ, audience, lifetimeSeconds } = tokenKinds[kind];
  const cache = new Map<string, UserClaims>();
  return async (token) => {
    const known = cache.get(token);
    if (known) {
      if (known.expiresAt + clockToleranceSeconds * 1000 > Date.now()) return known;
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
      maxTokenAge: lifetimeSeconds,
      clockTolerance: clockToleranceSeconds,
    }).catch((error: unknown) => {
      throw new AppError(error instanceof errors.JWTExpired ? "TOKEN_EXPIRED" : "UNAUTHENTICATED");
    });
    const { sub, sid, exp } = payload;
    if (!sub || typeof sid !== "string" || !exp) throw new AppError("UNAUTHENTICATED");
    const claims = { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
    // The oldest goes first: a Map keeps the order of insertion.
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value ?? "");
    cache.set(token, claims);
    return claims;
  };
}

function keyIdOf(token: string, typ: string): string {
  try {
    const header = decodeProtectedHeader(token);
    if (header.alg === "EdDSA" && header.typ === typ && header.kid) return header.kid;
  } catch {
    // Not a token at all.
  }
  throw new AppError("UNAUTHENTICATED");
}
