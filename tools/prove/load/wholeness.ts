import type { Actor } from "./actor.ts";
import type { ChatClient } from "./client.ts";
import type { Position, Tally } from "./tally.ts";
import type { Writer } from "./writer.ts";

/** Judges from which moment on nothing is missing that was there at an earlier one. */
export interface Wholeness {
  /** Remembers how things stand now. */
  mark: (n: number) => void;
  /** Looks again. */
  judge: () => void;
  /** Milliseconds from a mark until whole, by the mark's number. */
  whole: Readonly<Record<number, number>>;
}

interface Mark {
  n: number;
  at: number;
  top: Map<string, Position>;
}

export interface WholenessOptions {
  clients: readonly ChatClient[];
  /** Whose sends and acts have to be answered. */
  busy: readonly Pick<Writer | Actor, "oldestWaiting">[];
  tally: Tally;
}

export function createWholeness({ clients, busy, tally }: WholenessOptions): Wholeness {
  const whole: Record<number, number> = {};
  let marks: Mark[] = [];
  /** Everybody is subscribed and has all of before, and all that was begun before is answered. */
  const isWhole = ({ at, top }: Mark) =>
    busy.every((it) => (it.oldestWaiting() ?? Number.POSITIVE_INFINITY) > at) &&
    clients.every((client) => client.isSubscribed() && hasAll(client, top));
  return {
    whole,
    mark: (n) => void marks.push({ n, at: Date.now(), top: new Map(tally.top) }),
    judge() {
      const now = Date.now();
      marks = marks.filter((mark) => {
        if (!isWhole(mark)) return true;
        whole[mark.n] = now - mark.at;
        return false;
      });
    },
  };
}

/** Of the rooms that a client lists: those which it should list are compared in the end. */
function hasAll(client: ChatClient, top: ReadonlyMap<string, Position>): boolean {
  return [...client.listed("shared"), ...client.listed("direct")].every((roomId) => {
    const { lastSeq, lastRevision } = top.get(roomId) ?? { lastSeq: 0, lastRevision: 0 };
    const known = client.positionOf(roomId);
    return known && known.lastSeq >= lastSeq && known.lastRevision >= lastRevision;
  });
}
