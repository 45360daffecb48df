import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { endSessions, isSessionId, listOpenSessions, lockSessionOf } from "../db/sessions.ts";
import { sessionOf } from "../sessions/callers.ts";
import { issueUserToken } from "../sessions/tokens.ts";

export const listSessions =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "listSessions"> =>
  async (_req, call) => {
    const { userId, sessionId } = requireUser(call);
    const rows = await listOpenSessions(db, { userId });
    return {
      sessions: rows.map(({ id, device, createdAt, lastUsedAt }) => ({
        id,
        ...(device !== null && { device }),
        createdAt: timestampFromDate(createdAt),
        lastUsedAt: timestampFromDate(lastUsedAt),
        current: id === sessionId,
      })),
    };
  };

export const endSession =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "endSession"> =>
  async ({ sessionId }, call) => {
    const { userId } = requireUser(call);
    if (!isSessionId(sessionId)) throw new AppError("SESSION_NOT_FOUND");
    const endedSessionIds = await db
      .transaction()
      .execute(async (trx) =>
        endSessions(trx, await lockSessionOf(trx, { id: sessionId, userId })),
      );
    if (endedSessionIds.length === 0) throw new AppError("SESSION_NOT_FOUND");
    return { endedSessionIds };
  };

export const checkSession =
  ({
    findOpenSession,
  }: Pick<AuthContext, "findOpenSession">): Handler<typeof AuthService, "checkSession"> =>
  async ({ sessionId }) => ({
    active: (await findOpenSession(sessionId)) !== undefined,
  });

export const issueWsToken =
  ({ keys }: Pick<AuthContext, "keys">): Handler<typeof AuthService, "issueWsToken"> =>
  async (_req, call) => {
    const { token } = issueUserToken(keys, "ws", sessionOf(call));
    return { token };
  };
