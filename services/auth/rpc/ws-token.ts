import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { findOpenSession } from "../db/sessions.ts";
import { issueUserToken } from "../sessions/tokens.ts";

export const issueWsToken =
  ({ db, keys }: AuthContext): Handler<typeof AuthService, "issueWsToken"> =>
  async (_req, call) => {
    const session = await findOpenSession(db, requireUser(call).sessionId);
    if (!session) throw new AppError("UNAUTHENTICATED");
    const { token } = await issueUserToken(keys, "ws", session);
    return { token };
  };
