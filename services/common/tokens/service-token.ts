import { randomUUID } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { budgets } from "../budgets.ts";
import { isFromFuture } from "./clocks.ts";

/** Services that call and are called. */
export type ServiceName = (typeof serviceNames)[number];
const serviceNames = ["auth", "message", "gateway", "cli"] as const;

const lifetimeSeconds = budgets.tokens.service / 1000;
const type = "svc+jwt";
const encoder = new TextEncoder();

/** Makes the tokens by which a service is known to another. */
export interface ServiceTokens {
  /** A token for calls to `audience`; the same one for half its life. */
  issue: (audience: ServiceName) => Promise<string>;
  /** The name of the service that made a token for us; undefined for anything else. */
  verify: (token: string) => Promise<string | undefined>;
}

/**
 * HS256 tokens of 60 seconds, signed with the first secret and verified with any, so that
 * the secret can be replaced without a moment in which services don't know each other.
 */
export function createServiceTokens(
  self: ServiceName,
  secrets: readonly [string, ...string[]],
): ServiceTokens {
  const [signingKey, ...older] = secrets.map((secret) => encoder.encode(secret));
  const verifyingKeys = signingKey ? [signingKey, ...older] : older;
  const issued = new Map<ServiceName, { token: Promise<string>; at: number }>();
  const verified = new LRUCache<string, { name: string; until: number }>({ max: 100 });

  const sign = (audience: ServiceName) => {
    if (!signingKey) throw new Error("no service secret");
    return new SignJWT()
      .setProtectedHeader({ alg: "HS256", typ: type })
      .setIssuer(self)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .setJti(randomUUID())
      .sign(signingKey);
  };

  const verifyAnew = async (token: string) => {
    for (const key of verifyingKeys) {
      const result = await jwtVerify(token, key, {
        algorithms: ["HS256"],
        typ: type,
        audience: self,
        issuer: [...serviceNames],
        requiredClaims: ["exp", "iat"],
        clockTolerance: budgets.tokens.serviceLeeway / 1000,
      }).catch(() => undefined);
      const { iss, aud, iat, exp } = result?.payload ?? {};
      // What jose lets pass: several audiences, and an end far beyond our lifetime.
      if (aud !== self || !iat || !exp || exp - iat > lifetimeSeconds) continue;
      if (isFromFuture(iat)) continue;
      if (typeof iss === "string") return { name: iss, until: exp * 1000 };
    }
    return undefined;
  };

  return {
    issue(audience) {
      const known = issued.get(audience);
      // One that is older than it can be, or from the future, is of a clock that was set since.
      const ageMs = known ? Date.now() - known.at : -1;
      if (known && ageMs >= 0 && ageMs < (lifetimeSeconds / 2) * 1000) return known.token;
      const token = sign(audience);
      issued.set(audience, { token, at: Date.now() });
      return token;
    },
    async verify(token) {
      const known = verified.get(token);
      if (known && known.until > Date.now()) return known.name;
      const found = await verifyAnew(token);
      if (!found) return undefined;
      verified.set(token, found);
      return found.name;
    },
  };
}
