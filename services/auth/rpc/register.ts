import { clientOf } from "#common/rpc/caller.ts";
import { AppError, invalid } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { insertUser, loginKey, maxLoginKeyLength, rowToUser, takenFieldOf } from "../db/users.ts";
import { refuseCommonPassword } from "../passwords/common-passwords.ts";
import { startSession } from "../sessions/start-session.ts";
import { issueTokens } from "../sessions/tokens.ts";

export const register =
  (
    ctx: Pick<AuthContext, "config" | "db" | "keys" | "limits" | "passwords">,
  ): Handler<typeof AuthService, "register"> =>
  async (req, call) => {
    const client = clientOf(call);
    const emailKey = loginKey(req.email);
    if (emailKey.length > maxLoginKeyLength) throw invalid("email", "is too long");
    await refuseCommonPassword(req.password, req, "password");
    await ctx.limits.client(client.address);
    await ctx.limits.register(emailKey);
    using hasher = ctx.passwords.queueUp();
    const passwordHash = await hasher.hash(req.password);
    // A caller who is gone must not get an account that nobody knows of.
    call.signal.throwIfAborted();
    const { user, started } = await ctx.db
      .transaction()
      .execute(async (trx) => {
        // The unique index decides, not a look beforehand: two may register at once.
        const [row] = await insertUser(trx, {
          username: req.username,
          usernameKey: loginKey(req.username),
          email: req.email,
          emailKey,
          firstName: req.firstName,
          lastName: req.lastName,
          passwordHash,
        });
        if (!row) throw new Error("a new user has no row");
        return { user: row, started: await startSession(trx, ctx.config, row, client) };
      })
      .catch((error: unknown) => {
        throw takenFieldOf(error) ? new AppError("USER_EXISTS") : error;
      });
    if (!started) throw new Error("a new user's password has changed");
    return {
      user: rowToUser(user),
      tokens: issueTokens(ctx.keys, started.session, started.refresh),
    };
  };
