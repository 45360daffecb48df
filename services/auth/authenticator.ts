import type { Authenticator } from "#common/rpc/interceptors.ts";
import type { ServiceTokens } from "#common/tokens/service-token.ts";
import { createTokenVerifier, type FindKey } from "#common/tokens/user-token.ts";
import { AppError } from "#contract/errors.ts";
import { findOpenSession } from "./db/sessions.ts";
import type { Db } from "./db/tables.ts";

/**
 * Judges tokens where the truth is: each call of a user asks the database whether the
 * session is open, so that nothing gets in after a session has ended.
 */
export function createAuthenticator(
  db: Db,
  findKey: FindKey,
  serviceTokens: Pick<ServiceTokens, "verify">,
): Authenticator {
  const verify = createTokenVerifier("access", findKey);
  return {
    async user(token) {
      const claims = await verify(token);
      const session = await findOpenSession(db, claims.sessionId);
      if (session?.userId !== claims.userId) throw new AppError("UNAUTHENTICATED");
      return { kind: "user", ...claims };
    },
    async service(token) {
      const name = await serviceTokens.verify(token);
      return name === undefined ? undefined : { kind: "service", name };
    },
  };
}
