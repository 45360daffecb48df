import { budgets } from "#common/budgets.ts";
import type { clientEvents } from "#gen/socket-events.ts";

type ClientEvent = keyof typeof clientEvents;

const kib = 1024;

/** What a connection may do before and besides sending events, whoever is at its end. */
export const connectionLimits = {
  /** In which a client has to say who it is. */
  handshakeMs: budgets.answer.socketHandshake,
  /** In which who it is has to be judged. */
  judgementMs: budgets.answer.socketJudgement,
  /** In which a client may take what was sent last and close by itself. */
  closeMs: budgets.drain.socketGrace,
  /** A larger frame closes the connection; a larger event only fails. */
  frameBytes: 256 * kib,
  /** A client has reason to ask to be let in once. */
  connects: 3,
  /** Pongs and the like: a client has reason to send one each 25 s. */
  idlePackets: { count: 100, windowMs: 10_000 },
  /** In one request of a polling client: more than the burst of events that a socket may send. */
  packetsPerRequest: 500,
  /**
   * An event has at most 64 KiB, in some fifty segments of a network: cut into more frames, or
   * sent byte by byte, it would have to be kept and joined.
   */
  fragments: 256,
  bufferedChunks: 1_024,
};

/** What may wait for a client to read it. */
export const unreadLimits = {
  bytes: 1024 * kib,
  packets: 500,
  /** A client that reads, only slowly, may be so many times over the limits. */
  factorWhileReading: 4,
  /** How often a connection over the limits is looked at. */
  lookMs: 100,
  /** A client over the limits that takes nothing for so long doesn't read. */
  stalledMs: 5_000,
};

export const eventLimits = {
  bytes: 64 * kib,
  /** Of one room, by one socket: joins and leaves that wait for each other. */
  joinsWaiting: 20,
  /** Missed messages in one answer. */
  missed: { messages: 200, bytes: 256 * kib },
  /** Refusals of events that are too many or too large, before the socket is ended. */
  refusals: { count: 100, windowMs: 10_000 },
  /** A user who says nothing for so long types no more; clients say so again every 3 s. */
  typingMs: 6_000,
  /** As above where another instance should say so, and may be gone. */
  typingElsewhereMs: 8_000,
  /** Longer than buckets take to fill: reconnecting gains nothing. */
  forgetUserMs: 10_000,
};

/** How often events may come, as multiples of the messages that a socket may send in a second. */
export interface Rate {
  /** Whether each socket has its own, or a user's sockets share it. */
  scope: "socket" | "user";
  events: readonly ClientEvent[] | "all";
  perSecond: number;
  burst: number;
}

export const rates: readonly Rate[] = [
  // More than a client has reason to send; the burst has room for joining every room at once.
  { scope: "socket", events: "all", perSecond: 5, burst: 15 },
  {
    scope: "socket",
    events: ["send_message", "edit_message", "delete_message"],
    perSecond: 1,
    burst: 2,
  },
  { scope: "socket", events: ["add_reaction", "remove_reaction"], perSecond: 1 / 2, burst: 1 },
  { scope: "socket", events: ["mark_read"], perSecond: 1 / 2, burst: 1 },
  { scope: "socket", events: ["watch_rooms"], perSecond: 1 / 20, burst: 1 / 4 },
  // A client that comes back joins each of its rooms at once.
  { scope: "user", events: ["join_room"], perSecond: 1, burst: 10 },
  { scope: "socket", events: ["watch_presence"], perSecond: 1 / 20, burst: 1 / 4 },
  { scope: "socket", events: ["set_presence"], perSecond: 1 / 20, burst: 1 / 4 },
  { scope: "user", events: ["typing_start", "typing_stop"], perSecond: 1 / 4, burst: 1 },
];

/**
 * Takes one from a token bucket that is full again at `fullAt`. Answers when it is full again
 * then; undefined: it is empty. So a bucket is a single number, and a full one needs none.
 */
export function takeToken(
  { perSecond, burst }: Pick<Rate, "perSecond" | "burst">,
  fullAt = 0,
): number | undefined {
  const now = performance.now();
  const tokenMs = 1000 / perSecond;
  const missingMs = Math.max(fullAt - now, 0);
  const isEmpty = burst - missingMs / tokenMs < 1 - rounding;
  return isEmpty ? undefined : now + missingMs + tokenMs;
}

const rounding = 1e-6;

/** Counts within a sliding window; answers whether `count` have come within `windowMs`. */
export function createBreachCounter({
  count,
  windowMs,
}: {
  count: number;
  windowMs: number;
}): () => boolean {
  let times: readonly number[] = none;
  return () => {
    const now = performance.now();
    // What is too old goes at once: an idle socket sends a pong each 25 s, for days.
    times = [...times.filter((time) => now - time <= windowMs), now].slice(-count);
    return times.length === count;
  };
}

const none: readonly number[] = [];
