import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { AppError, invalid } from "#common/errors.ts";
import { clientKeyOf } from "#common/http/client-address.ts";
import { clientOf } from "#common/rpc/caller.ts";
import {
  type RegisterRequest,
  RegisterResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { rememberClient } from "../db/known-clients.ts";
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
    await refuseCommonPassword(req.password, "password");
    await ctx.limits.client(client.address);
    await ctx.limits.register(emailKey);
    const passwordHash = await ctx.passwords.hash(req.password);
    // Who no longer waits must not get an account that nobody told of.
    call.signal.throwIfAborted();
    const { user, session, refresh } = await ctx.db
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
        await rememberClient(trx, row.id, clientKeyOf(client.address));
        return { user: row, ...(await startSession(trx, ctx.config, row.id, client)) };
      })
      .catch((error: unknown) => {
        throw takenFieldOf(error) ? new AppError("USER_EXISTS") : error;
      });
    return create(RegisterResponseSchema, {
      user: rowToUser(user),
      tokens: await issueTokens(ctx.keys, session, refresh),
    });
  };
