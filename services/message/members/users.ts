import type { Client } from "@connectrpc/connect";
import { LRUCache } from "lru-cache";
import { upTo } from "#common/cache-size.ts";
import { pause } from "#common/deadline.ts";
import { createGather } from "#common/gather.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { UserSummary } from "#gen/aetherconnect/auth/v1/user_pb.ts";

/** Users, as the auth service has them. */
export interface Users {
  /** A user; undefined if there is none. @throws AppError UNAVAILABLE */
  find: (userId: string) => Promise<UserSummary | undefined>;
  /** Those of the users that there are, by id. @throws AppError UNAVAILABLE */
  findAll: (userIds: readonly string[]) => Promise<Map<string, UserSummary>>;
  /** Which of the users show their presence. @throws AppError UNAVAILABLE */
  showingPresence: (userIds: readonly string[]) => Promise<Set<string>>;
  /** Users who have changed: whoever looks next asks anew. */
  forget: (userIds: readonly string[]) => void;
  /** Resolves when auth has said how these are since they were forgotten, or by the signal. */
  renewed: (userIds: readonly string[], signal: AbortSignal) => Promise<void>;
}

/** What is kept of a user. */
interface Known {
  user: UserSummary;
  showsPresence: boolean;
}

type Auth = Pick<Client<typeof AuthService>, "getUsers">;

const lifetimeMs = 60_000;
/** Messages must not each wait for an auth service that hangs. */
const retryMs = 5_000;
/** Until auth is asked again by those who are to tell of a change. */
const renewMs = 500;
const maxCached = 50_000;

/**
 * Asks the auth service and keeps what it says for a minute. Look-ups of the same moment
 * share a call. While auth can't be reached a name that is older is better than none.
 */
export function createUsers(auth: Auth): Users {
  const lookUp = createGather({
    async ask(userIds: string[]) {
      try {
        const { users, hidingUserIds } = await auth.getUsers({ userIds });
        const hiding = new Set(hidingUserIds);
        const found = new Map(
          users.map((user) => [user.id, { user, showsPresence: !hiding.has(user.id) }]),
        );
        return (userId) => found.get(userId);
      } catch (error) {
        // None of them is at fault, and auth isn't asked for each by itself.
        return () => {
          throw error;
        };
      }
    },
  });
  /** Users who have changed, and of whom what was before is still kept. */
  const outdated = new Set<string>();
  const cache = new LRUCache<string, Known>({
    ...upTo(maxCached),
    ttl: lifetimeMs,
    ttlResolution: 100,
    noDeleteOnStaleGet: true,
    // Who asked gets the answer, even if it isn't kept.
    ignoreFetchAbort: true,
    fetchMethod: (userId, known, { options, signal }) =>
      lookUp(userId).then(
        (found) => {
          if (!signal.aborted) outdated.delete(userId);
          return found;
        },
        (error: unknown) => {
          if (!known) throw fromConnectError(error);
          options.ttl = retryMs;
          return known;
        },
      ),
  });
  const look = (userId: string): Promise<Known | undefined> => {
    const known = cache.get(userId);
    if (known) return Promise.resolve(known);
    // Ids are digits; anything else is nobody's.
    return /^\d{1,18}$/.test(userId) ? cache.fetch(userId) : Promise.resolve(undefined);
  };
  return {
    find: async (userId) => (await look(userId))?.user,
    async findAll(userIds) {
      const found = await Promise.all(userIds.map(look));
      return new Map(found.flatMap((it) => (it ? [[it.user.id, it.user]] : [])));
    },
    async showingPresence(userIds) {
      const found = await Promise.all(userIds.map(look));
      return new Set(found.flatMap((it) => (it?.showsPresence ? [it.user.id] : [])));
    },
    async renewed(userIds, signal) {
      const left = () => userIds.filter((id) => outdated.has(id));
      while (left().length > 0 && !signal.aborted) {
        const asked = left().map((id) => cache.fetch(id, { forceRefresh: true }));
        await Promise.allSettled(asked);
        if (left().length > 0) await pause(renewMs, signal);
      }
    },
    forget(userIds) {
      for (const id of userIds) {
        const known = cache.peek(id, { allowStale: true });
        // A look-up that is under way may have read the old name: its answer isn't kept.
        if (known) {
          outdated.add(id);
          cache.set(id, known, { start: performance.now() - 2 * lifetimeMs });
        } else cache.delete(id);
      }
    },
  };
}
