import { LRUCache } from "lru-cache";
import { budgets } from "#common/budgets.ts";
import { upTo } from "#common/cache-size.ts";
import type { MessageStore } from "../store/store.ts";

/** Whom users have blocked. */
export interface Blocks {
  /** Those whom a user has blocked, as it was a moment ago. @throws AppError UNAVAILABLE */
  of: (userId: string) => Promise<ReadonlySet<string>>;
  /** A user has just blocked somebody here, or ended that: it is in force when this returns. */
  changed: (userId: string) => void;
  /** A user has done so on another instance. */
  hint: (userId: string) => void;
}

export interface BlocksOptions {
  store: Pick<MessageStore, "listBlocks">;
  announce: (userId: string) => void;
  /** Whether instances can notify each other, by Redis. */
  isHinted: () => boolean;
}

const maxCached = 20_000;
/** A hint may be lost. */
const hintedLifetimeMs = 10_000;

/** Keeps what it has read until it is told of a change, or for a moment where nobody tells. */
export function createBlocks({ store, announce, isHinted }: BlocksOptions): Blocks {
  const cache = new LRUCache<string, ReadonlySet<string>>({
    ...upTo(maxCached),
    ttlAutopurge: false,
    // Who asked gets the answer, even if it isn't kept.
    ignoreFetchAbort: true,
    fetchMethod: async (userId, _known, { options }) => {
      options.ttl = isHinted() ? hintedLifetimeMs : budgets.delivery.pollWithoutHints;
      return new Set(await store.listBlocks(userId));
    },
  });
  /** What is being read meanwhile may be what was before: it isn't kept. */
  const forget = (userId: string) => void cache.delete(userId);
  return {
    of: async (userId) => (await cache.fetch(userId)) ?? new Set(),
    changed(userId) {
      forget(userId);
      announce(userId);
    },
    hint: forget,
  };
}
