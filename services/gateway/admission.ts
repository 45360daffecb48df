import type { IncomingMessage } from "node:http";
import { clientAddress, clientKeyOf } from "#common/http/client-address.ts";
import { bearerToken, isBearer } from "#common/http/headers.ts";
import type { Counter } from "#common/limits.ts";
import { clientAddressHeader, clientDeviceHeader } from "#common/rpc/caller.ts";
import type { SessionGuard } from "#common/sessions/session-guard.ts";
import { AppError } from "#contract/errors.ts";

export const credentialCookies = { access: "accessToken", refresh: "refreshToken" } as const;

/** The credential cookies of a request, as opaque strings. */
export interface Cookies {
  accessToken: string | undefined;
  refreshToken: string | undefined;
}

/** Whether the request is a signed-in user's: their token, or why not. */
export type Admission = { accessToken: string } | { refusal: AppError };

/** Counts requests and finds out whose they are. */
export interface Door {
  /** @throws AppError RATE_LIMITED */
  admit: (req: IncomingMessage, cookies: Cookies, needsUser: boolean) => Promise<Admission>;
  /** In which services learn who the client is. */
  clientHeaders: (req: IncomingMessage) => Record<string, string>;
}

export interface DoorOptions {
  guard: SessionGuard;
  trustedProxyHops: number;
  /** Requests a minute. */
  requests: Counter;
}

export function createDoor({ guard, trustedProxyHops, requests }: DoorOptions): Door {
  return {
    async admit(req, cookies, needsUser) {
      const token = accessTokenOf(req, cookies);
      const signed = token ? await readToken(guard, token) : new AppError("UNAUTHENTICATED");
      const isSigned = !(signed instanceof AppError);
      // A session counts for itself; who isn't signed in, forgers too, shares the count of the
      // address. Which of the two it is only the signature says, so that is looked at first: else
      // a flood of forgeries would lock out who is signed in at the same address.
      await requests.count(
        isSigned ? signed.sessionId : clientKeyOf(clientAddress(req, trustedProxyHops)),
      );
      if (!isSigned) return { refusal: signed };
      // Where anybody may call, an auth service that hangs must not be waited for twice.
      const refusal = needsUser ? await refusalOf(guard, signed.sessionId) : undefined;
      return refusal ? { refusal } : { accessToken: token ?? "" };
    },
    clientHeaders(req) {
      const device = req.headers["user-agent"]?.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 200);
      return {
        [clientAddressHeader]: clientAddress(req, trustedProxyHops),
        ...(device && { [clientDeviceHeader]: device }),
      };
    },
  };
}

/**
 * Reads the credential cookies. One that comes twice, as when another application on the same
 * host has set it too, can't be told from the other.
 * @param ambiguous what is done then: the request is refused, or neither counts
 * @throws AppError AMBIGUOUS_CREDENTIALS
 */
export function readCookies(req: IncomingMessage, ambiguous: "refused" | "ignored"): Cookies {
  const found = new Map<string, string | undefined>();
  for (const pair of (req.headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    const { access, refresh } = credentialCookies;
    if (at < 0 || (name !== access && name !== refresh)) continue;
    const isTwice = found.has(name);
    if (isTwice && ambiguous === "refused") throw new AppError("AMBIGUOUS_CREDENTIALS");
    found.set(name, isTwice ? undefined : pair.slice(at + 1).trim());
  }
  return {
    accessToken: found.get(credentialCookies.access),
    refreshToken: found.get(credentialCookies.refresh),
  };
}

/** A bearer token alone counts where both come; other schemes are a proxy's in front. */
function accessTokenOf(req: IncomingMessage, cookies: Cookies): string | undefined {
  const { authorization } = req.headers;
  return isBearer(authorization) ? bearerToken(authorization) : cookies.accessToken;
}

async function readToken(guard: SessionGuard, token: string) {
  return guard.read("access", token).catch(asRefusal);
}

async function refusalOf(guard: SessionGuard, sessionId: string): Promise<AppError | undefined> {
  return guard.requireOpen(sessionId).then(() => undefined, asRefusal);
}

function asRefusal(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  throw thrown;
}
