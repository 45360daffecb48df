import type { Client } from "@connectrpc/connect";
import { fromConnectError } from "#common/rpc/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";

/** Users of users, as the auth service has them. */
export interface Users {
  /** A user; undefined if there is none. @throws AppError UNAVAILABLE */
  find: (userId: string) => Promise<UserSummary | undefined>;
  /** Those of the users that there are, by id. @throws AppError UNAVAILABLE */
  findAll: (userIds: readonly string[]) => Promise<Map<string, UserSummary>>;
  /** Forgets users whose names have changed. */
  forget: (userIds: readonly string[]) => void;
}

const lifetimeMs = 60_000;
/** Who sends while auth hangs must not wait for it with each message. */
const retryMs = 5_000;
const maxCached = 50_000;
const maxPerCall = 500;

/**
 * Asks the auth service and keeps what it says for a minute. Look-ups of the same moment
 * share a call. While auth can't be reached a name that is older is better than none.
 */
export function createUsers(auth: Pick<Client<typeof AuthService>, "getUsers">): Users {
  const cache = new Map<string, { user: UserSummary; until: number }>();
  const lookups = new Map<string, Promise<UserSummary | undefined>>();
  let gathering: { ids: string[]; answer: Promise<Map<string, UserSummary>> } | undefined;

  const ask = async (ids: string[]) => {
    const { users } = await auth.getUsers({ userIds: ids });
    const until = performance.now() + lifetimeMs;
    for (const user of users) {
      if (cache.size >= maxCached) cache.delete(cache.keys().next().value ?? "");
      cache.set(user.id, { user, until });
    }
    return new Map(users.map((user) => [user.id, user]));
  };

  const gather = (userId: string) => {
    if (!gathering || gathering.ids.length >= maxPerCall) {
      const ids: string[] = [];
      const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        if (gathering?.ids === ids) gathering = undefined;
        return ask(ids);
      });
      gathering = { ids, answer };
    }
    gathering.ids.push(userId);
    return gathering.answer;
  };

  const find = (userId: string): Promise<UserSummary | undefined> => {
    const known = cache.get(userId);
    if (known && known.until > performance.now()) return Promise.resolve(known.user);
    // Ids are digits; anything else is nobody's.
    if (!/^\d{1,18}$/.test(userId)) return Promise.resolve(undefined);
    let lookup = lookups.get(userId);
    if (!lookup) {
      lookup = gather(userId)
        .then((users) => users.get(userId))
        .catch((error: unknown) => {
          if (!known) throw fromConnectError(error);
          known.until = performance.now() + retryMs;
          return known.user;
        })
        .finally(() => lookups.delete(userId));
      lookups.set(userId, lookup);
    }
    return lookup;
  };

  return {
    find,
    async findAll(userIds) {
      const users = await Promise.all(userIds.map(find));
      return new Map(users.flatMap((user) => (user ? [[user.id, user]] : [])));
    },
    forget(userIds) {
      for (const id of userIds) {
        const known = cache.get(id);
        if (known) known.until = 0;
      }
    },
  };
}
