import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { clientOf } from "#common/rpc/caller.ts";
import { AppError, invalid } from "#contract/errors.ts";
import {
  type RegisterRequest,
  RegisterResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { insertUser, rowToUser, takenFieldOf } from "../db/users.ts";
import { loginKey, maxLoginKeyLength } from "../login-key.ts";
import { refuseCommonPassword } from "../passwords/common-passwords.ts";
import { startSession } from "../sessions/start-session.ts";
import { issueTokens } from "../sessions/tokens.ts";

export const register =
  (ctx: AuthContext) => async (req: RegisterRequest, call: HandlerContext) => {
    const client = clientOf(call);
    const emailKey = loginKey(req.email);
    if (emailKey.length > maxLoginKeyLength) throw invalid("email", "is too long");
    await refuseCommonPassword(req.password, req, "password");
    await ctx.limits.client(client.address);
    await ctx.limits.register(emailKey);
    using hasher = ctx.passwords.queueUp();
    const passwordHash = await hasher.hash(req.password);
    // Who no longer waits must not get an account that nobody told of.
    call.signal.throwIfAborted();
    const { user, started } = await ctx.db
      .transaction()
      .execute(async (trx) => {
        // The unique index decides, not a look beforehand: two may register at once.
        const row = await insertUser(trx, {
          username: req.username,
          usernameKey: loginKey(req.username),
          email: req.email,
          emailKey,
          firstName: req.firstName,
          lastName: req.lastName,
          passwordHash,
        });
        return { user: row, started: await startSession(trx, ctx.config, row, client) };
      })
      .catch((error: unknown) => {
        throw takenFieldOf(error) ? new AppError("USER_EXISTS") : error;
      });
    if (!started) throw new Error("a new user's password has changed");
    return create(RegisterResponseSchema, {
      user: rowToUser(user),
      tokens: await issueTokens(ctx.keys, started.session, started.refresh),
    });
  };
