import type { Client } from "@connectrpc/connect";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Caller } from "../rpc/caller.ts";
import { fromConnectError } from "../rpc/errors.ts";
import { createTokenVerifier, type TokenKind, type UserClaims } from "../tokens/user-token.ts";
import type { RevocationFeed } from "./revocation-feed.ts";
import { createRemoteKeys } from "./signing-keys.ts";

/** Judges tokens of users in a service that isn't the auth service. */
export interface SessionGuard {
  /** What a genuine token says, whether or not its session is open. @throws AppError as `verify` */
  read: (kind: TokenKind, token: string) => Promise<UserClaims>;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
  verify: (kind: TokenKind, token: string) => Promise<UserClaims>;
  /** `verify` of an access token, as a caller. */
  user: (token: string) => Promise<Caller & { kind: "user" }>;
  /** @throws AppError UNAUTHENTICATED if the session has ended, UNAVAILABLE if nobody can say */
  requireOpen: (sessionId: string) => Promise<void>;
}

export function createSessionGuard(
  auth: Pick<Client<typeof AuthService>, "getSigningKeys" | "checkSession">,
  feed: Pick<RevocationFeed, "isFresh" | "hasEnded">,
): SessionGuard {
  const findKey = createRemoteKeys(auth);
  const verifiers = {
    access: createTokenVerifier("access", findKey),
    ws: createTokenVerifier("ws", findKey),
  };
  const requireOpen = async (sessionId: string) => {
    if (feed.hasEnded(sessionId)) throw new AppError("UNAUTHENTICATED");
    if (feed.isFresh()) return;
    const { active } = await auth.checkSession({ sessionId }).catch((error: unknown) => {
      throw new AppError("UNAVAILABLE", { cause: fromConnectError(error) });
    });
    if (!active) throw new AppError("UNAUTHENTICATED");
  };
  const verify = async (kind: TokenKind, token: string) => {
    const claims = await verifiers[kind](token);
    await requireOpen(claims.sessionId);
    return claims;
  };
  return {
    read: (kind, token) => verifiers[kind](token),
    verify,
    requireOpen,
    async user(token) {
      return { kind: "user", ...(await verify("access", token)) };
    },
  };
}
