import type { Client } from "@connectrpc/connect";
import { LRUCache } from "lru-cache";
import { fromConnectError } from "#common/rpc/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";

/** Users and their names, as the auth service has them. */
export interface Users {
  /** A user; undefined if there is none. @throws AppError UNAVAILABLE */
  find: (userId: string) => Promise<UserSummary | undefined>;
  /** Those of the users that there are, by id. @throws AppError UNAVAILABLE */
  findAll: (userIds: readonly string[]) => Promise<Map<string, UserSummary>>;
  /** Users whose names have changed: the next `find` asks anew. */
  forget: (userIds: readonly string[]) => void;
}

type Auth = Pick<Client<typeof AuthService>, "getUsers">;

const lifetimeMs = 60_000;
/** Messages must not each wait for an auth service that hangs. */
const retryMs = 5_000;
const maxCached = 50_000;
const maxPerCall = 500;

/**
 * Asks the auth service and keeps what it says for a minute. Look-ups of the same moment
 * share a call. While auth can't be reached a name that is older is better than none.
 */
export function createUsers(auth: Auth): Users {
  const lookUp = createLookUp(auth);
  const cache = new LRUCache<string, UserSummary>({
    max: maxCached,
    ttl: lifetimeMs,
    ttlResolution: 100,
    noDeleteOnStaleGet: true,
    // Who asked gets the answer, even if it isn't kept.
    ignoreFetchAbort: true,
    fetchMethod: (userId, known, { options }) =>
      lookUp(userId).catch((error: unknown) => {
        if (!known) throw fromConnectError(error);
        options.ttl = retryMs;
        return known;
      }),
  });
  const find = (userId: string): Promise<UserSummary | undefined> => {
    const known = cache.get(userId);
    if (known) return Promise.resolve(known);
    // Ids are digits; anything else is nobody's.
    return /^\d{1,18}$/.test(userId) ? cache.fetch(userId) : Promise.resolve(undefined);
  };
  return {
    find,
    async findAll(userIds) {
      const users = await Promise.all(userIds.map(find));
      return new Map(users.flatMap((user) => (user ? [[user.id, user]] : [])));
    },
    forget(userIds) {
      for (const id of userIds) {
        const known = cache.peek(id, { allowStale: true });
        // A look-up that is under way may have read the old name: its answer isn't kept.
        if (known) cache.set(id, known, { start: performance.now() - 2 * lifetimeMs });
        else cache.delete(id);
      }
    },
  };
}

/** Looks up together, in one call, what is asked for in one turn of the event loop. */
function createLookUp(auth: Auth): (userId: string) => Promise<UserSummary | undefined> {
  let gathering: { ids: string[]; found: Promise<Map<string, UserSummary>> } | undefined;
  const gather = () => {
    const ids: string[] = [];
    const found = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      if (gathering?.ids === ids) gathering = undefined;
      const { users } = await auth.getUsers({ userIds: ids });
      return new Map(users.map((user) => [user.id, user]));
    });
    return { ids, found };
  };
  return async (userId) => {
    if (!gathering || gathering.ids.length >= maxPerCall) gathering = gather();
    gathering.ids.push(userId);
    return (await gathering.found).get(userId);
  };
}
