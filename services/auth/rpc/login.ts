import { clientKeyOf } from "#common/http/client-address.ts";
import { clientOf } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { type CredentialRow, findLogin, loginKey, replaceHash, rowToUser } from "../db/users.ts";
import type { Hasher } from "../passwords/passwords.ts";
import { startSession } from "../sessions/start-session.ts";
import { issueTokens } from "../sessions/tokens.ts";

type LoginContext = Pick<AuthContext, "config" | "db" | "keys" | "limits" | "log" | "passwords">;

export const login =
  (ctx: LoginContext): Handler<typeof AuthService, "login"> =>
  async (req, call) => {
    const client = clientOf(call);
    const kind = req.email === undefined ? "username" : "email";
    const key = loginKey(req.email ?? req.username ?? "");
    await ctx.limits.client(client.address);
    await ctx.limits.login({ kind, key }, client.address);
    // Looked up while others hash, so that nothing else is waited for when a place is free.
    using hasher = ctx.passwords.queueUp();
    const [user] = await hasher.inTime(
      findLogin[kind](ctx.db, { key, client: clientKeyOf(client.address) }),
    );
    // During a flood, users who have signed in from this client before still get in.
    if (user?.isKnownClient) hasher.goFirst();
    // Also for a user that doesn't exist, so that the answer takes as long.
    const isRight = await hasher.verify(user?.passwordHash, req.password);
    if (!user || !isRight) throw new AppError("INVALID_CREDENTIALS");
    // A caller who is gone must not get a session that nobody knows of.
    call.signal.throwIfAborted();
    await renewHash(ctx, user, hasher, req.password);
    const started = await startSession(ctx.db, ctx.config, user, client);
    // It was changed while we hashed: a session on the old one must not begin.
    if (!started) throw new AppError("INVALID_CREDENTIALS");
    return {
      user: rowToUser(user),
      tokens: issueTokens(ctx.keys, started.session, started.refresh),
    };
  };

/** Hashes anew with today's parameters; where that can't be, the next login will. */
async function renewHash(
  { db, passwords, log }: LoginContext,
  user: CredentialRow,
  hasher: Hasher,
  password: string,
): Promise<void> {
  if (!passwords.isOutdated(user.passwordHash)) return;
  try {
    const hash = await hasher.hash(password);
    await replaceHash(db, { id: user.id, old: user.passwordHash, hash });
  } catch (err) {
    log.info({ err, userId: user.id }, "a password's hash was not renewed");
  }
}
