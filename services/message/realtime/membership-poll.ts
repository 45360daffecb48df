import type { ChatServer } from "../socket/chat-server.ts";
import type { MessageStore } from "../store/store.ts";
import type { Membership } from "./membership-type.ts";

export interface MembershipPollOptions {
  io: ChatServer;
  store: Pick<MessageStore, "membershipChanges">;
  membership: Pick<Membership, "found" | "forgetBefore">;
}

/** A change may be seen this much later than it was made, by clocks that differ this much. */
const slackMs = 5_000;
/** What this instance has changed itself it has told by then. */
const settledMs = 250;

/** Finds what other instances have changed for users with sockets here, told or not. */
export function createMembershipPoll(options: MembershipPollOptions): () => Promise<void> {
  const { io, store, membership } = options;
  let askedAt = performance.now();
  return async () => {
    const now = performance.now();
    const users = usersOf(io);
    if (users.length > 0) {
      const changes = await store.membershipChanges(users, {
        fromMs: now - askedAt + slackMs,
        toMs: settledMs,
      });
      for (const change of changes) await membership.found(change);
    }
    askedAt = now;
    // Who wrote a change and who asks may both be off, one this way and one that.
    membership.forgetBefore(now - 2 * slackMs);
  };
}

function usersOf(io: ChatServer): string[] {
  const users = new Set<string>();
  for (const { data } of io.sockets.sockets.values()) {
    if (data.judgement.isAdmitted) users.add(data.judgement.user.id);
  }
  return [...users];
}
