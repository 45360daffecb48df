import { requireUser } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { endSessions, holdOpenSession, lockSessionsOf } from "../db/sessions.ts";
import { findCredentials, lockUser, updatePassword } from "../db/users.ts";
import { refuseCommonPassword } from "../passwords/common-passwords.ts";

export const changePassword =
  ({
    db,
    passwords,
    limits,
  }: Pick<AuthContext, "db" | "passwords" | "limits">): Handler<
    typeof AuthService,
    "changePassword"
  > =>
  async (req, call) => {
    const { userId, sessionId } = requireUser(call);
    const [user] = await findCredentials(db, { id: userId });
    if (!user) throw new AppError("UNAUTHENTICATED");
    await refuseCommonPassword(req.newPassword, user, "newPassword");
    await limits.password(userId);
    using hasher = passwords.queueUp();
    hasher.goFirst();
    if (!(await hasher.verify(user.passwordHash, req.currentPassword))) {
      throw new AppError("INVALID_CREDENTIALS");
    }
    const hash = await hasher.hash(req.newPassword);
    const endedSessionIds = await db.transaction().execute(async (trx) => {
      const [locked] = await lockUser(trx, { id: userId });
      // Since the call began its session may have ended, and the password may be another.
      const [held] = await holdOpenSession(trx, { id: sessionId });
      if (!held) throw new AppError("UNAUTHENTICATED");
      if (!locked || locked.passwordVersion !== user.passwordVersion) {
        throw new AppError("INVALID_CREDENTIALS");
      }
      await updatePassword(trx, { id: userId, hash });
      return endSessions(trx, await lockSessionsOf(trx, { userId, exceptId: sessionId }));
    });
    return { endedSessionIds };
  };
