import { type Caller, requireUser } from "#common/rpc/caller.ts";
import type { Authenticator } from "#common/rpc/server.ts";
import { createTokenVerifier } from "#common/tokens/user-token.ts";
import { AppError } from "#contract/errors.ts";
import type { Call } from "#rpc";
import type { AuthContext } from "../context.ts";
import type { OpenSession } from "../db/sessions.ts";

const sessions = new WeakMap<Caller, OpenSession>();

/**
 * Each call of a user asks the database whether the session is open, so that nothing gets in
 * after a session has ended.
 */
export function createAuthenticator({
  findOpenSession,
  keys,
  serviceTokens,
}: Pick<AuthContext, "findOpenSession" | "keys" | "serviceTokens">): Authenticator {
  const verify = createTokenVerifier("access", keys.find);
  return {
    async user(token) {
      const claims = await verify(token);
      const session = await findOpenSession(claims.sessionId);
      if (session?.userId !== claims.userId) throw new AppError("UNAUTHENTICATED");
      const caller: Caller & { kind: "user" } = { kind: "user", ...claims };
      sessions.set(caller, session);
      return caller;
    },
    async service(token) {
      const name = await serviceTokens.verify(token);
      return name === undefined ? undefined : { kind: "service", name };
    },
  };
}

/** The caller's session and user, as they were when the call was let in. @throws AppError UNAUTHENTICATED */
export function sessionOf(call: Pick<Call, "values">): OpenSession {
  const session = sessions.get(requireUser(call));
  if (!session) throw new AppError("UNAUTHENTICATED");
  return session;
}
