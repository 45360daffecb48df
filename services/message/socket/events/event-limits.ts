import {
  createBreachCounter,
  createTokenBucket,
  eventLimits,
  type Limit,
  rates,
} from "../limits.ts";
import type { ClientEvent } from "./event-handler.ts";

/** The limits of one socket. */
export interface SocketLimits {
  /** Of all events together. */
  mayEmit: Limit;
  /** Of single events. */
  may: { [E in ClientEvent]?: Limit };
  /** Counts a refusal; answers whether it is one too many. */
  isFlood: () => boolean;
}

/** Makes the limits of sockets, some of which all sockets of a user here share. */
export interface EventLimits {
  opened: (userId: string) => SocketLimits;
  closed: (userId: string) => void;
}

/** @param messagesPerSecond what else is allowed follows from it; 0 = no limit */
export function createEventLimits(messagesPerSecond: number): EventLimits {
  interface Known {
    shared: ScopeLimits;
    sockets: number;
    forgetting: NodeJS.Timeout | undefined;
  }
  const users = new Map<string, Known>();
  return {
    opened(userId) {
      const known = users.get(userId) ?? {
        shared: limitsOf("user", messagesPerSecond),
        sockets: 0,
        forgetting: undefined,
      };
      clearTimeout(known.forgetting);
      known.sockets++;
      users.set(userId, known);
      const { all, byEvent } = limitsOf("socket", messagesPerSecond);
      return {
        mayEmit: all,
        may: { ...known.shared.byEvent, ...byEvent },
        isFlood: createBreachCounter(eventLimits.refusals),
      };
    },
    closed(userId) {
      const known = users.get(userId);
      if (!known) return;
      known.sockets--;
      if (known.sockets > 0) return;
      known.forgetting = setTimeout(() => users.delete(userId), eventLimits.forgetUserMs).unref();
    },
  };
}

interface ScopeLimits {
  all: Limit;
  byEvent: SocketLimits["may"];
}

function limitsOf(scope: "socket" | "user", messagesPerSecond: number): ScopeLimits {
  const limits: ScopeLimits = { all: () => true, byEvent: {} };
  for (const { scope: its, events, perSecond, burst } of rates) {
    if (its !== scope) continue;
    const bucket = createTokenBucket(perSecond * messagesPerSecond, burst * messagesPerSecond);
    if (events === "all") limits.all = bucket;
    else for (const event of events) limits.byEvent[event] = bucket;
  }
  return limits;
}
