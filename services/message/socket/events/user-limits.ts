import type { ClientEvent } from "./event-handler.ts";
import { createTokenBucket, type Limit } from "./limits.ts";

/** Limits of single events, beside that of all events together. */
export type EventLimits = { [E in ClientEvent]?: Limit };

/** Limits that all sockets of a user here share. */
export interface UserLimits {
  opened: (userId: string) => EventLimits;
  closed: (userId: string) => void;
}

/** Who comes back asks for each of his rooms at once. */
const joinBurst = 10;
const typingShare = 1 / 4;
/** Longer than the buckets take to fill: who goes and comes back gains nothing. */
const forgetMs = 10_000;

/** @param messagesPerSecond what else is allowed follows from it; 0 = no limit */
export function createUserLimits(messagesPerSecond: number): UserLimits {
  interface Known {
    limits: EventLimits;
    sockets: number;
    forgetting: NodeJS.Timeout | undefined;
  }
  const users = new Map<string, Known>();
  const create = (): Known => {
    const mayType = createTokenBucket(messagesPerSecond * typingShare, messagesPerSecond);
    const mayJoin = createTokenBucket(messagesPerSecond, messagesPerSecond * joinBurst);
    const limits = { join_room: mayJoin, typing_start: mayType, typing_stop: mayType };
    return { limits, sockets: 0, forgetting: undefined };
  };

  return {
    opened(userId) {
      const known = users.get(userId) ?? create();
      clearTimeout(known.forgetting);
      known.sockets++;
      users.set(userId, known);
      return known.limits;
    },
    closed(userId) {
      const known = users.get(userId);
      if (!known) return;
      known.sockets--;
      if (known.sockets > 0) return;
      known.forgetting = setTimeout(() => users.delete(userId), forgetMs).unref();
    },
  };
}
