import { requireUser } from "#common/rpc/caller.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { endSessions, lockSession, lockSessionByToken, lockSessionsOf } from "../db/sessions.ts";
import { lockUser } from "../db/users.ts";
import { hashRefreshToken, isRefreshToken } from "../sessions/tokens.ts";

export const logout =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "logout"> =>
  async (_req, call) => {
    const { sessionId } = requireUser(call);
    const endedSessionIds = await db
      .transaction()
      .execute(async (trx) => endSessions(trx, await lockSession(trx, { id: sessionId })));
    return { endedSessionIds };
  };

export const logoutAll =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "logoutAll"> =>
  async (_req, call) => {
    const { userId } = requireUser(call);
    const endedSessionIds = await db.transaction().execute(async (trx) => {
      await lockUser(trx, { id: userId });
      return endSessions(trx, await lockSessionsOf(trx, { userId, exceptId: null }));
    });
    return { endedSessionIds };
  };

export const endSessionByRefreshToken =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "endSessionByRefreshToken"> =>
  async ({ refreshToken }) => {
    if (!isRefreshToken(refreshToken)) return { endedSessionIds: [] };
    const hash = hashRefreshToken(refreshToken);
    const endedSessionIds = await db
      .transaction()
      .execute(async (trx) => endSessions(trx, await lockSessionByToken(trx, { hash })));
    return { endedSessionIds };
  };
