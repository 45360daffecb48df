import { pause } from "#common/deadline.ts";
import { requireUser } from "#common/rpc/caller.ts";
import { AppError, invalid } from "#contract/errors.ts";
import type { AuthService, UpdateProfileRequest } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { noteChangedUser } from "../db/revocations.ts";
import { holdOpenSession } from "../db/sessions.ts";
import type { Trx } from "../db/tables.ts";
import {
  findCredentials,
  findProfile,
  lockUser,
  loginKey,
  maxLoginKeyLength,
  type ProfileRow,
  rowToUser,
  takenFieldOf,
  updateUser,
} from "../db/users.ts";

export const getProfile =
  ({ db }: Pick<AuthContext, "db">): Handler<typeof AuthService, "getProfile"> =>
  async (_req, call) => {
    const user = await findProfile(db, requireUser(call).userId);
    if (!user) throw new AppError("UNAUTHENTICATED");
    return { user: rowToUser(user) };
  };

export const updateProfile =
  (
    ctx: Pick<AuthContext, "db" | "limits" | "passwords">,
  ): Handler<typeof AuthService, "updateProfile"> =>
  async (req, call) => {
    const { userId, sessionId } = requireUser(call);
    let judgedVersion: number | undefined;
    if (req.email !== undefined) {
      if (loginKey(req.email).length > maxLoginKeyLength) throw invalid("email", "is too long");
      judgedVersion = await requirePassword(ctx, userId, req.currentPassword);
    }
    const change = await ctx.db
      .transaction()
      .execute(async (trx) => {
        const before = await lockUser(trx, userId);
        // Since the call began its session may have ended, and the password may be another.
        if (!before || !(await holdOpenSession(trx, sessionId))) return undefined;
        if (judgedVersion !== undefined && judgedVersion !== before.passwordVersion) {
          throw wrongPassword();
        }
        return changeProfile(trx, before, req);
      })
      .catch((error: unknown) => {
        const path = takenFieldOf(error);
        if (!path) throw error;
        throw new AppError("USER_EXISTS", { faults: [{ path, message: "is taken" }] });
      });
    if (!change) throw new AppError("UNAUTHENTICATED");
    if (change.isRenamed) await pause(feedLeadMs);
    return { user: rowToUser(change.user) };
  };

/** By then the feed has brought the new name, so that the next message carries it. */
const feedLeadMs = 50;

const wrongPassword = () => invalid("currentPassword", "is wrong");

/** Answers the version of the password that was right. */
async function requirePassword(
  { db, limits, passwords }: Pick<AuthContext, "db" | "limits" | "passwords">,
  userId: string,
  password = "",
): Promise<number> {
  await limits.password(userId);
  using hasher = passwords.queueUp();
  hasher.goFirst();
  const user = await findCredentials(db, userId);
  const isRight = await hasher.verify(user?.passwordHash, password);
  if (!user || !isRight) throw wrongPassword();
  return user.passwordVersion;
}

async function changeProfile(
  trx: Trx,
  before: ProfileRow,
  { firstName, lastName, username, email }: UpdateProfileRequest,
): Promise<{ user: ProfileRow; isRenamed: boolean }> {
  const wanted = { firstName, lastName, username, email };
  const isSame = Object.entries(wanted).every(
    ([field, value]) => value === undefined || value === Reflect.get(before, field),
  );
  if (isSame) return { user: before, isRenamed: false };
  const after = await updateUser(trx, before.id, {
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(username !== undefined && { username, usernameKey: loginKey(username) }),
    ...(email !== undefined && { email, emailKey: loginKey(email) }),
  });
  const isNameSame =
    before.username === after.username &&
    before.firstName === after.firstName &&
    before.lastName === after.lastName;
  if (!isNameSame) await noteChangedUser(trx, before.id);
  return { user: after, isRenamed: !isNameSame };
}
