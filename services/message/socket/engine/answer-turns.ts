import type { Connection } from "../chat-server.ts";
import { eventLimits, unreadLimits } from "../limits.ts";
import { excessOf } from "./slow-consumer.ts";

interface Turns {
  /** Large answers that are being made. */
  underWay: number;
  waiting: number;
  /** Resolves when the last who waits has its turn. */
  last: Promise<void>;
  /** Makes the first who waits look at once. */
  look: (() => void) | undefined;
}

/** How often who waits looks whether its turn has come. */
const lookMs = 50;
/** What one answer may add to what waits, as a part of what may. */
const excessOfOne = eventLimits.missed.bytes / unreadLimits.bytes;
const turnsOf = new WeakMap<Connection, Turns>();

/**
 * The turn to make a large answer, which comes when the client has taken enough of what it asked
 * for before: one that asks for all of its rooms at once gets them as fast as it reads, and is
 * not taken for one that doesn't. Answers what ends the turn.
 */
export async function turnToAnswer(conn: Connection): Promise<() => void> {
  const turns = turnsOf.get(conn) ?? newTurns();
  turnsOf.set(conn, turns);
  const hasRoom = () => excessOf(conn) + (turns.underWay + 1) * excessOfOne < 1;
  if (turns.waiting > 0 || !hasRoom()) {
    const before = turns.last;
    const begun = Promise.withResolvers<void>();
    turns.last = begun.promise;
    turns.waiting++;
    await before;
    while (conn.readyState === "open" && !hasRoom()) {
      await new Promise<void>((resolve) => {
        turns.look = resolve;
        setTimeout(resolve, lookMs).unref();
      });
    }
    turns.waiting--;
    begun.resolve();
  }
  turns.underWay++;
  return () => {
    turns.underWay--;
    turns.look?.();
    if (turns.underWay + turns.waiting === 0) turnsOf.delete(conn);
  };
}

function newTurns(): Turns {
  return { underWay: 0, waiting: 0, last: Promise.resolve(), look: undefined };
}
