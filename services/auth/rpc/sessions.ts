import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { endSessions, findOpenSession, isSessionId, listOpenSessions } from "../db/sessions.ts";
import { issueUserToken } from "../sessions/tokens.ts";

export const listSessions =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "listSessions"> =>
  async (_req, call) => {
    const { userId, sessionId } = requireUser(call);
    const rows = await listOpenSessions(db, userId);
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
      .execute((trx) => endSessions(trx, { id: sessionId, userId }));
    if (endedSessionIds.length === 0) throw new AppError("SESSION_NOT_FOUND");
    return { endedSessionIds };
  };

export const checkSession =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "checkSession"> =>
  async ({ sessionId }) => ({
    active: (await findOpenSession(db, sessionId)) !== undefined,
  });

export const issueWsToken =
  ({ db, keys }: Pick<AuthContext, "db" | "keys">): Handler<typeof AuthService, "issueWsToken"> =>
  async (_req, call) => {
    const session = await findOpenSession(db, requireUser(call).sessionId);
    if (!session) throw new AppError("UNAUTHENTICATED");
    const { token } = await issueUserToken(keys, "ws", session);
    return { token };
  };
