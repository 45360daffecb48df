import type { IncomingMessage } from "node:http";
import { clientAddress, clientKeyOf } from "#common/http/client-address.ts";
import { bearerToken } from "#common/http/headers.ts";
import type { OriginRule } from "#common/http/origin.ts";
import type { Counters } from "#common/limits.ts";
import { clientAddressHeader } from "#common/rpc/caller.ts";
import type { ServiceTokens } from "#common/tokens/service-token.ts";
import { AppError } from "#contract/errors.ts";

export interface HandshakeOptions {
  originRule: OriginRule;
  /** Shared by instances where there is Redis. */
  counters: Counters;
  /** 0 = no limit. */
  handshakesPerMinute: number;
  trustedProxyHops: number;
  serviceTokens: Pick<ServiceTokens, "verify">;
}

/** Why a request to Socket.IO is refused; undefined if it isn't. */
export type HandshakeRule = (req: IncomingMessage) => Promise<AppError | undefined>;

/** Origin first, then handshakes a minute by client; later requests of a session aren't counted. */
export function createHandshakeRule(options: HandshakeOptions): HandshakeRule {
  const { originRule, counters, handshakesPerMinute, trustedProxyHops, serviceTokens } = options;
  const handshakes = counters.create("handshakes", handshakesPerMinute);

  /** The gateway passes on what clients send, and says by its own token whose it is. */
  const addressOf = async (req: IncomingMessage) => {
    const token = bearerToken(req.headers.authorization);
    const address = req.headers[clientAddressHeader];
    if (token && typeof address === "string" && (await serviceTokens.verify(token))) {
      return address;
    }
    return clientAddress(req, trustedProxyHops);
  };

  return async (req) => {
    if (!originRule(req.headers)) return new AppError("ORIGIN_FORBIDDEN");
    if (handshakesPerMinute === 0 || req.method !== "GET" || hasSession(req.url)) return undefined;
    try {
      await handshakes.count(clientKeyOf(await addressOf(req)));
      return undefined;
    } catch (refusal) {
      if (refusal instanceof AppError) return refusal;
      throw refusal;
    }
  };
}

/** As engine.io reads it: of several ids the last counts, and an empty one is none. */
function hasSession(url = ""): boolean {
  // A handshake has none, and taking its URL apart is much of what this rule costs.
  if (!url.includes("sid=")) return false;
  const { searchParams } = new URL(url, "http://localhost");
  return Boolean(searchParams.getAll("sid").at(-1));
}
