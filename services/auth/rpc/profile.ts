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
  lockUser,
  loginKey,
  maxLoginKeyLength,
  type ProfileRow,
  rowToUser,
  takenFieldOf,
  updateUser,
} from "../db/users.ts";
import { sessionOf } from "../sessions/callers.ts";

export const getProfile = (): Handler<typeof AuthService, "getProfile"> => async (_req, call) => ({
  user: rowToUser(sessionOf(call)),
});

export const updateProfile =
  (
    ctx: Pick<AuthContext, "db" | "followers" | "limits" | "passwords">,
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
        const [before] = await lockUser(trx, { id: userId });
        // Since the call began its session may have ended, and the password may be another.
        const [held] = await holdOpenSession(trx, { id: sessionId });
        if (!before || !held) return undefined;
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
    if (change.isSeen) {
      await ctx.followers.served(feedLimitMs);
      await pause(feedLeadMs);
    }
    return { user: rowToUser(change.user) };
  };

/** By then what our streams have sent is there, and so is what those of other instances send. */
const feedLeadMs = 50;
/** A change is answered, even if a stream hangs. */
const feedLimitMs = 1_000;

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
  const [user] = await findCredentials(db, { id: userId });
  const isRight = await hasher.verify(user?.passwordHash, password);
  if (!user || !isRight) throw wrongPassword();
  return user.passwordVersion;
}

/** Answers the profile as it is then, and whether others see a difference. */
async function changeProfile(
  trx: Trx,
  before: ProfileRow,
  { firstName, lastName, username, email, showPresence }: UpdateProfileRequest,
): Promise<{ user: ProfileRow; isSeen: boolean }> {
  const wanted = { firstName, lastName, username, email, showPresence };
  const isSame = Object.entries(wanted).every(
    ([field, value]) => value === undefined || value === Reflect.get(before, field),
  );
  if (isSame) return { user: before, isSeen: false };
  const [after] = await updateUser(trx, {
    id: before.id,
    firstName: firstName ?? null,
    lastName: lastName ?? null,
    username: username ?? null,
    usernameKey: username === undefined ? null : loginKey(username),
    email: email ?? null,
    emailKey: email === undefined ? null : loginKey(email),
    showPresence: showPresence ?? null,
  });
  if (!after) throw new Error("a user who is locked is gone");
  const isRenamed =
    before.username !== after.username ||
    before.firstName !== after.firstName ||
    before.lastName !== after.lastName;
  const isSeen = isRenamed || before.showPresence !== after.showPresence;
  if (isSeen) await noteChangedUser(trx, before.id, isRenamed);
  return { user: after, isSeen };
}
