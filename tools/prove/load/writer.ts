import type { SendLog } from "../check/run-log.ts";
import type { Random } from "../random.ts";
import type { ChatClient } from "./client.ts";
import type { Tally } from "./tally.ts";

/** Sends messages until it is stopped; what has failed is sent again until it is acknowledged. */
export interface Writer {
  tick: () => void;
  stop: () => void;
  /** When the oldest message that still waits was first sent; undefined if none waits. */
  oldestWaiting: () => number | undefined;
}

export interface WriterOptions {
  /** Rooms with more than two users to which it writes. */
  writesTo: readonly string[];
  /** Who may be mentioned there; the last is no member. */
  mentionable: readonly string[];
  random: Random;
  tally: Tally;
  /** A message is stored. */
  onSent: (send: SendLog, seq: number) => void;
}

/** Messages that are due after a pause in sending. */
export const mostSaved = 20;

const directShare = 0.15;

/** Where the next message goes: now and then to a direct room. */
export function someRoom(client: ChatClient, shared: readonly string[], random: Random): string {
  const directs = random.next() < directShare ? client.listed("direct") : [];
  return random.pick(directs.length > 0 ? directs : shared);
}
