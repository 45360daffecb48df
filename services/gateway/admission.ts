import type { Request } from "express";
import { clientAddress, clientKeyOf } from "#common/http/client-address.ts";
import { bearerToken, isBearer } from "#common/http/headers.ts";
import type { Counter } from "#common/limits.ts";
import type { SessionGuard } from "#common/sessions/session-guard.ts";
import { AppError } from "#contract/errors.ts";
import type { CredentialCookies } from "./cookies.ts";

/** What is known of who sends a request. */
export interface Admission {
  /** The client's address. */
  address: string;
  /** What the client says it is. */
  device: string | undefined;
  /** Set if the access token is valid. */
  accessToken: string | undefined;
  sessionId: string | undefined;
  /** Why the request isn't a signed-in user's; undefined if it is. */
  refusal: AppError | undefined;
}

/** Counts a request and finds out whose it is. @throws AppError RATE_LIMITED */
export type Admit = (
  req: Request,
  cookies: CredentialCookies,
  needsUser: boolean,
) => Promise<Admission>;

export interface AdmissionOptions {
  guard: SessionGuard;
  trustedProxyHops: number;
  /** Requests a minute. */
  requests: Counter;
}

export function createAdmission(options: AdmissionOptions): Admit {
  return async (req, cookies, needsUser) => {
    const address = clientAddress(req, options.trustedProxyHops);
    const token = accessTokenOf(req, cookies);
    const signed = await readToken(options.guard, token);
    const sessionId = signed instanceof AppError ? undefined : signed.sessionId;
    // A session counts for itself; who isn't signed in, forgers too, shares the count of the
    // address. Which of the two it is only the signature says, so that is looked at first: else
    // a flood of forgeries would lock out who is signed in at the same address.
    await options.requests.count(sessionId ?? clientKeyOf(address));
    // Where anybody may call, an auth service that hangs must not be waited for twice.
    const refusal =
      signed instanceof AppError
        ? signed
        : needsUser
          ? await refusalOf(options.guard, signed.sessionId)
          : undefined;
    return {
      address,
      device: req.headers["user-agent"]?.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 200),
      accessToken: refusal ? undefined : token,
      sessionId: refusal ? undefined : sessionId,
      refusal,
    };
  };
}

/** A bearer token alone counts where both come; other schemes are a proxy's in front. */
function accessTokenOf(req: Request, cookies: CredentialCookies): string | undefined {
  const { authorization } = req.headers;
  return isBearer(authorization) ? bearerToken(authorization) : cookies.accessToken;
}

async function readToken(guard: SessionGuard, token: string | undefined) {
  if (!token) return new AppError("UNAUTHENTICATED");
  return guard.read("access", token).catch(asRefusal);
}

async function refusalOf(guard: SessionGuard, sessionId: string): Promise<AppError | undefined> {
  return guard.requireOpen(sessionId).then(() => undefined, asRefusal);
}

function asRefusal(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  throw thrown;
}
