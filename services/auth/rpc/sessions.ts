import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import {
  type CheckSessionRequest,
  type EndSessionRequest,
  type ListSessionsRequest,
  ListSessionsResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { endSessions, findOpenSession, isSessionId, listOpenSessions } from "../db/sessions.ts";

export const listSessions =
  ({ db }: AuthContext) =>
  async (_req: ListSessionsRequest, call: HandlerContext) => {
    const { userId, sessionId } = requireUser(call);
    const rows = await listOpenSessions(db, userId);
    return create(ListSessionsResponseSchema, {
      sessions: rows.map(({ id, device, createdAt, lastUsedAt }) => ({
        id,
        ...(device !== null && { device }),
        createdAt: timestampFromDate(createdAt),
        lastUsedAt: timestampFromDate(lastUsedAt),
        current: id === sessionId,
      })),
    });
  };

export const endSession =
  ({ db }: AuthContext) =>
  async ({ sessionId }: EndSessionRequest, call: HandlerContext) => {
    const { userId } = requireUser(call);
    if (!isSessionId(sessionId)) throw new AppError("SESSION_NOT_FOUND");
    const endedSessionIds = await db
      .transaction()
      .execute((trx) => endSessions(trx, { id: sessionId, userId }));
    if (endedSessionIds.length === 0) throw new AppError("SESSION_NOT_FOUND");
    return { endedSessionIds };
  };

export const checkSession =
  ({ db }: AuthContext) =>
  async ({ sessionId }: CheckSessionRequest) => ({
    active: (await findOpenSession(db, sessionId)) !== undefined,
  });
