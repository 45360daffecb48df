import { createBreachCounter, eventLimits, rates, takeToken } from "../limits.ts";
import type { ClientEvent } from "./event-handler.ts";

/** What is kept of how much a socket has sent. Most are idle, so it is as little as can be. */
export interface SocketLimits {
  /** When each bucket of the socket is full again, by the place of its rate. */
  fullAt: number[];
  /** What all sockets of its user share. */
  user: UserLimits;
  /** Made with the first refusal. */
  isFlood: (() => boolean) | undefined;
}

interface UserLimits {
  fullAt: number[];
  sockets: number;
  forgetting: NodeJS.Timeout | undefined;
}

/** Limits what sockets send. */
export interface EventLimits {
  opened: (userId: string) => SocketLimits;
  closed: (userId: string) => void;
  /** Whether one more event of any kind is allowed now. */
  mayEmit: (its: SocketLimits) => boolean;
  /** Whether one more of this event is. */
  may: (its: SocketLimits, event: ClientEvent) => boolean;
  /** Counts a refusal; answers whether it is one too many. */
  isFlood: (its: SocketLimits) => boolean;
}

/** @param messagesPerSecond what else is allowed follows from it; 0 = no limit */
export function createEventLimits(messagesPerSecond: number): EventLimits {
  const users = new Map<string, UserLimits>();
  const scaled = rates.map(({ scope, events, perSecond, burst }, place) => ({
    place,
    scope,
    events,
    perSecond: perSecond * messagesPerSecond,
    // Below one it would allow nothing, ever.
    burst: Math.max(burst * messagesPerSecond, 1),
  }));
  type ScaledRate = (typeof scaled)[number];
  const ofAll = scaled.find(({ events }) => events === "all");
  const byEvent = new Map(
    scaled.flatMap((rate) =>
      rate.events === "all"
        ? []
        : rate.events.map((event): [ClientEvent, ScaledRate] => [event, rate]),
    ),
  );

  const take = (its: SocketLimits, rate: ScaledRate | undefined): boolean => {
    if (!rate || messagesPerSecond === 0) return true;
    const { fullAt } = rate.scope === "socket" ? its : its.user;
    const next = takeToken(rate, fullAt[rate.place]);
    if (next === undefined) return false;
    fullAt[rate.place] = next;
    return true;
  };

  return {
    opened(userId) {
      const user = users.get(userId) ?? { fullAt: [], sockets: 0, forgetting: undefined };
      clearTimeout(user.forgetting);
      user.forgetting = undefined;
      user.sockets++;
      users.set(userId, user);
      return { fullAt: [], user, isFlood: undefined };
    },
    closed(userId) {
      const user = users.get(userId);
      if (!user) return;
      user.sockets--;
      if (user.sockets > 0) return;
      user.forgetting = setTimeout(() => users.delete(userId), eventLimits.forgetUserMs).unref();
    },
    mayEmit: (its) => take(its, ofAll),
    may: (its, event) => take(its, byEvent.get(event)),
    isFlood(its) {
      its.isFlood ??= createBreachCounter(eventLimits.refusals);
      return its.isFlood();
    },
  };
}
