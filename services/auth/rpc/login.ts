import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { AppError } from "#common/errors.ts";
import { clientKeyOf } from "#common/http/client-address.ts";
import { clientOf } from "#common/rpc/caller.ts";
import { type LoginRequest, LoginResponseSchema } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";
import { rememberClient } from "../db/known-clients.ts";
import {
  type CredentialRow,
  findCredentials,
  holdsPassword,
  replaceHash,
  rowToUser,
} from "../db/users.ts";
import { loginKey } from "../login-key.ts";
import { startSession } from "../sessions/start-session.ts";
import { issueTokens } from "../sessions/tokens.ts";

export const login = (ctx: AuthContext) => async (req: LoginRequest, call: HandlerContext) => {
  const client = clientOf(call);
  const key = loginKey(req.email ?? req.username ?? "");
  await ctx.limits.client(client.address);
  const user = await findCredentials(
    ctx.db,
    req.email === undefined ? { usernameKey: key } : { emailKey: key },
  );
  await ctx.limits.login(user?.id, key, client.address);
  // Also for a user that doesn't exist, so that the answer takes as long.
  const isRight = await ctx.passwords.verify(user?.passwordHash, req.password);
  if (!user || !isRight) throw new AppError("INVALID_CREDENTIALS");
  // Who no longer waits must not get a session that nobody knows of.
  call.signal.throwIfAborted();
  await renewHash(ctx, user, req.password);
  const started = await ctx.db.transaction().execute(async (trx) => {
    // It may have been changed while we hashed; a session on the old one must not begin.
    if (!(await holdsPassword(trx, user))) return undefined;
    await rememberClient(trx, user.id, clientKeyOf(client.address));
    return startSession(trx, ctx.config, user.id, client);
  });
  if (!started) throw new AppError("INVALID_CREDENTIALS");
  return create(LoginResponseSchema, {
    user: rowToUser(user),
    tokens: await issueTokens(ctx.keys, started.session, started.refresh),
  });
};

/** Hashes anew with today's parameters; where that can't be, the next login will. */
async function renewHash(
  { db, passwords, log }: AuthContext,
  user: CredentialRow,
  password: string,
): Promise<void> {
  if (!passwords.isOutdated(user.passwordHash)) return;
  try {
    await replaceHash(db, user, await passwords.hash(password));
  } catch (err) {
    log.info({ err, userId: user.id }, "a password's hash was not renewed");
  }
}
