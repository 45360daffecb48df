import type { HandlerContext } from "@connectrpc/connect";
import { AppError } from "#common/errors.ts";
import { requireUser } from "#common/rpc/caller.ts";
import type { ChangePasswordRequest } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { endSessions } from "../db/sessions.ts";
import { findCredentials, lockUser, updatePassword } from "../db/users.ts";
import { refuseCommonPassword } from "../passwords/common-passwords.ts";

export const changePassword =
  ({ db, passwords, limits }: AuthContext) =>
  async (req: ChangePasswordRequest, call: HandlerContext) => {
    const { userId, sessionId } = requireUser(call);
    await refuseCommonPassword(req.newPassword, "newPassword");
    await limits.password(userId);
    const user = await findCredentials(db, { id: userId });
    if (!(await passwords.verify(user?.passwordHash, req.currentPassword))) {
      throw new AppError("INVALID_CREDENTIALS");
    }
    const hash = await passwords.hash(req.newPassword);
    const endedSessionIds = await db.transaction().execute(async (trx) => {
      const locked = await lockUser(trx, userId);
      // Somebody else has changed it meanwhile; what was judged is not the current one.
      if (!locked || locked.passwordVersion !== user?.passwordVersion) return undefined;
      await updatePassword(trx, userId, hash);
      return endSessions(trx, { userId, exceptId: sessionId });
    });
    if (!endedSessionIds) throw new AppError("INVALID_CREDENTIALS");
    return { endedSessionIds };
  };
