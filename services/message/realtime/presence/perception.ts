import type { Blocks } from "#message/blocks/blocks.ts";
import type { Users } from "#message/members/users.ts";
import type { MessageStore } from "#message/store/store.ts";

export interface PerceptionOptions {
  store: Pick<MessageStore, "listSharing">;
  users: Pick<Users, "showingPresence">;
  blocks: Pick<Blocks, "of">;
}

/** Those of the users whose presence the viewer may perceive. @throws AppError UNAVAILABLE */
export type Perceive = (viewerId: string, userIds: readonly string[]) => Promise<Set<string>>;

/** Oneself, and whoever shares a room with one, shows their presence and hasn't blocked one. */
export function createPerception({ store, users, blocks }: PerceptionOptions): Perceive {
  return async (viewerId, userIds) => {
    const others = userIds.filter((id) => id !== viewerId);
    const seen = new Set(userIds.includes(viewerId) ? [viewerId] : []);
    if (others.length === 0) return seen;
    const [showing, sharing] = await Promise.all([
      users.showingPresence(others),
      store.listSharing(viewerId, others),
    ]);
    const judged = sharing
      .filter((id) => showing.has(id))
      .map(async (id) => {
        const blocked = await blocks.of(id);
        if (!blocked.has(viewerId)) seen.add(id);
      });
    await Promise.all(judged);
    return seen;
  };
}
