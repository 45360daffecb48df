import { type Client, ConnectError } from "@connectrpc/connect";
import { type CryptoKey, importJWK } from "jose";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { budgets } from "../budgets.ts";
import type { FindKey } from "../tokens/user-token.ts";

/** While the auth service can't be asked; short, for nobody gets in meanwhile. */
const retryPauseMs = 250;

/**
 * Public keys of the auth service, fetched when a token names one that isn't known. A
 * token with an invented key id can't make us ask in a loop: between two questions is a
 * pause, in which an unknown key is simply unknown.
 */
export function createRemoteKeys(
  auth: Pick<Client<typeof AuthService>, "getSigningKeys">,
): FindKey {
  let keys = new Map<string, CryptoKey>();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  const fetchKeys = async () => {
    const answer = await auth.getSigningKeys({});
    const imported = await Promise.all(
      answer.keys.map(async ({ kid, kty, crv, x }) => {
        const key = await importJWK({ kty, crv, x }, "EdDSA");
        return key instanceof Uint8Array ? [] : [[kid, key] as const];
      }),
    );
    keys = new Map(imported.flat());
    fetchedAt = performance.now();
  };

  return async (kid) => {
    const known = keys.get(kid);
    if (known) return known;
    if (performance.now() - fetchedAt < budgets.keys.refetch) return undefined;
    if (performance.now() - failedAt < retryPauseMs) throw new AppError("UNAVAILABLE");
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    await fetching.catch((error: unknown) => {
      failedAt = performance.now();
      throw new AppError("UNAVAILABLE", { cause: ConnectError.from(error) });
    });
    return keys.get(kid);
  };
}
