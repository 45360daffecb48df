import { createHash, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { issuer, type TokenKind, tokenKinds } from "#common/tokens/user-token.ts";
import { type Tokens, TokensSchema } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { SessionTerms } from "../db/sessions.ts";
import type { KeyRing } from "../keys/key-ring.ts";

/** A refresh token; only the hash is stored. */
export interface RefreshToken {
  token: string;
  hash: string;
}

/** 256 random bits. */
export function makeRefreshToken(): RefreshToken {
  const token = randomBytes(32).toString("base64url");
  return { token, hash: hashRefreshToken(token) };
}

/** The bits are random, so a fast hash without salt is enough. */
export function hashRefreshToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Whether a text can be a refresh token of ours. */
export function isRefreshToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** A JWT of a session; it ends with the session if that comes first. */
export function issueUserToken(
  keys: Pick<KeyRing, "current">,
  kind: TokenKind,
  session: { sessionId: string; userId: string; endsAt: Date },
): { token: string; expiresAt: number } {
  const { kid, signs } = keys.current();
  const { typ, audience, lifetimeSeconds } = tokenKinds[kind];
  const now = Math.floor(Date.now() / 1000);
  const expiresAt = Math.min(now + lifetimeSeconds, Math.floor(session.endsAt.getTime() / 1000));
  const claims = {
    iss: issuer,
    aud: audience,
    sub: session.userId,
    sid: session.sessionId,
    jti: randomUUID(),
    iat: now,
    exp: expiresAt,
  };
  const token = signToken({ alg: "EdDSA", kid, typ }, claims, signs);
  return { token, expiresAt: expiresAt * 1000 };
}

/** On this thread, unlike jose: another takes longer to be woken than to sign. */
function signToken(header: object, claims: object, key: KeyObject): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

/** Both tokens of a session, as they are answered. */
export function issueTokens(
  keys: Pick<KeyRing, "current">,
  session: SessionTerms,
  refresh: RefreshToken,
): Tokens {
  const access = issueUserToken(keys, "access", session);
  return create(TokensSchema, {
    accessToken: access.token,
    refreshToken: refresh.token,
    accessTokenExpiresAt: timestampFromMs(access.expiresAt),
    refreshTokenExpiresAt: timestampFromDate(session.refreshExpiresAt),
  });
}
