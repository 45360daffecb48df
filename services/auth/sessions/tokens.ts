import { createHash, randomBytes, randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SignJWT } from "jose";
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
export async function issueUserToken(
  keys: Pick<KeyRing, "current">,
  kind: TokenKind,
  session: Pick<SessionTerms, "id" | "userId" | "endsAt">,
): Promise<{ token: string; expiresAt: number }> {
  const { kid, signs } = keys.current();
  const { typ, audience, lifetimeSeconds } = tokenKinds[kind];
  const now = Math.floor(Date.now() / 1000);
  const expiresAt = Math.min(now + lifetimeSeconds, Math.floor(session.endsAt.getTime() / 1000));
  const token = await new SignJWT({ sid: session.id })
    .setProtectedHeader({ alg: "EdDSA", kid, typ })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(session.userId)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(expiresAt)
    .sign(signs);
  return { token, expiresAt: expiresAt * 1000 };
}

/** Both tokens of a session, as they are answered. */
export async function issueTokens(
  keys: Pick<KeyRing, "current">,
  session: SessionTerms,
  refresh: RefreshToken,
): Promise<Tokens> {
  const access = await issueUserToken(keys, "access", session);
  return create(TokensSchema, {
    accessToken: access.token,
    refreshToken: refresh.token,
    accessTokenExpiresAt: timestampFromMs(access.expiresAt),
    refreshTokenExpiresAt: timestampFromDate(session.refreshExpiresAt),
  });
}
