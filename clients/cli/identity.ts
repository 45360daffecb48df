import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import type { ClientRule } from "#rpc";
import { callFailure } from "./errors.ts";
import { Failure } from "./failure.ts";
import { type Profile, readProfile, type Session, writeProfile } from "./profiles.ts";

type Tokens = Pick<Session, "accessToken" | "refreshToken">;
type Refresh = (refreshToken: string) => Promise<{ tokens?: Tokens | undefined }>;

/** An adopted token may have expired as well. */
const mostAttempts = 3;
/** How long another command may take to write down the tokens that it was given. */
const raceMs = 3_000;
const lookMs = 50;

/**
 * Says with each call who one is, as its method asks for it, and goes on where an access token
 * has expired. A refresh token works once, and commands that run at the same time share a
 * profile: so what another has written is taken before ours is used.
 */
export function createIdentity(name: string, profile: Profile, refresh: Refresh) {
  let { session } = profile;
  let renewing: Promise<void> | undefined;

  const renew = async (): Promise<void> => {
    const used = session;
    const stored = await newerSession(name, used, 0);
    if (!used || stored) {
      session = stored;
      return;
    }
    try {
      const { tokens } = await refresh(used.refreshToken);
      if (!tokens) return;
      const { accessToken, refreshToken } = tokens;
      session = { ...used, accessToken, refreshToken };
      await writeProfile(name, { ...profile, session });
    } catch (error) {
      session = await newerSession(name, used, raceMs);
      if (!session) throw error;
    }
  };
  const token = (): string => {
    if (session) return `Bearer ${session.accessToken}`;
    throw new Failure("refused", `nobody is signed in (profile ${name})`, {
      code: "UNAUTHENTICATED",
      hint: "sign in: aether login",
    });
  };
  const asUser: ClientRule = async ({ setHeader }, next) => {
    for (let attempt = 1; ; attempt++) {
      setHeader("authorization", token());
      try {
        return await next();
      } catch (error) {
        if (attempt === mostAttempts || !isExpired(error)) throw error;
      }
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      await renewing;
    }
  };

  return (url: string, server: "auth" | "message"): ClientRule =>
    async (call, next) => {
      call.setHeader("user-agent", `aether/${CONTRACT_VERSION} (${hostname()})`);
      try {
        const access = accessOf(call.method);
        if (access === Access.USER) return await asUser(call, next);
        if (access === Access.SERVICE) {
          const { serviceToken } = await import("./operator/service-token.ts");
          call.setHeader("authorization", `Bearer ${await serviceToken(server)}`);
        }
        return await next();
      } catch (thrown) {
        throw callFailure(thrown, url);
      }
    };
}

/** Another session of the same user that stands in the profile, or will within that time. */
async function newerSession(
  name: string,
  used: Session | undefined,
  withinMs: number,
): Promise<Session | undefined> {
  for (let waited = 0; ; waited += lookMs) {
    const { session } = await readProfile(name);
    if (session?.userId !== used?.userId) return undefined;
    if (session?.refreshToken !== used?.refreshToken) return session;
    if (waited >= withinMs) return undefined;
    await sleep(lookMs);
  }
}

function isExpired(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  const failure = callFailure(error, "");
  return failure instanceof Failure && failure.details.code === "TOKEN_EXPIRED";
}
