import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import type {
  EndSessionByRefreshTokenRequest,
  LogoutAllRequest,
  LogoutRequest,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { endSessions } from "../db/sessions.ts";
import { lockUser } from "../db/users.ts";
import { hashRefreshToken, isRefreshToken } from "../sessions/tokens.ts";

export const logout =
  ({ db }: AuthContext) =>
  async (_req: LogoutRequest, call: HandlerContext) => {
    const { sessionId } = requireUser(call);
    const endedSessionIds = await db
      .transaction()
      .execute((trx) => endSessions(trx, { id: sessionId }));
    return { endedSessionIds };
  };

export const logoutAll =
  ({ db }: AuthContext) =>
  async (_req: LogoutAllRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    const endedSessionIds = await db.transaction().execute(async (trx) => {
      await lockUser(trx, userId);
      return endSessions(trx, { userId });
    });
    return { endedSessionIds };
  };

export const endSessionByRefreshToken =
  ({ db }: AuthContext) =>
  async ({ refreshToken }: EndSessionByRefreshTokenRequest) => {
    if (!isRefreshToken(refreshToken)) return { endedSessionIds: [] };
    const tokenHash = hashRefreshToken(refreshToken);
    const endedSessionIds = await db
      .transaction()
      .execute((trx) => endSessions(trx, { tokenHash }));
    return { endedSessionIds };
  };
