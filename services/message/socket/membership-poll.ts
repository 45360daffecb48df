import type { Membership } from "../membership.ts";
import type { MessageStore } from "../store/store.ts";
import type { ChatServer } from "./types.ts";

export interface MembershipPollOptions {
  io: ChatServer;
  store: Pick<MessageStore, "membershipChanges">;
  membership: Pick<Membership, "found">;
  /** Whether other instances tell by themselves what they have changed. */
  isHinted: () => boolean;
}

/** A change may be seen this much later than it was made, by clocks that differ this much. */
const slackMs = 5_000;
/** What this instance has changed itself it has told by then. */
const settledMs = 250;

/** Finds what other instances have changed for users with sockets here, where none can tell. */
export function createMembershipPoll(options: MembershipPollOptions): () => Promise<void> {
  const { io, store, membership, isHinted } = options;
  let askedAt = performance.now();
  return async () => {
    const now = performance.now();
    const users = isHinted() ? [] : usersOf(io);
    if (users.length > 0) {
      const changes = await store.membershipChanges(users, {
        fromMs: now - askedAt + slackMs,
        toMs: settledMs,
      });
      for (const change of changes) await membership.found(change);
    }
    askedAt = now;
  };
}

function usersOf(io: ChatServer): string[] {
  const users = new Set<string>();
  for (const { data } of io.sockets.sockets.values()) {
    if (data.judgement.isAdmitted) users.add(data.judgement.user.id);
  }
  return [...users];
}
