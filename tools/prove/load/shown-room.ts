import type { Message, ShownMessage } from "#sdk";
import { stateOf } from "../check/message-state.ts";
import type { Misshown, ReceivedRoom } from "../check/run-log.ts";
import type { Violation } from "../check/violations.ts";

/** A room as the snapshots of an SDK client show it, one after the other. */
export interface ShownRoom {
  /** The newest message of those that stand without a gap. */
  readonly lastSeq: number;
  /** The client has written a message, after those that it has written before. */
  wrote: (clientMessageId: string) => void;
  /** A snapshot is drawn. */
  drawn: (messages: readonly ShownMessage[]) => void;
  /** The room is opened, and its stream of new messages begins: says what to do with each. */
  listen: () => (message: Message) => void;
  misshown: () => Misshown[];
  /** @param messages the last snapshot's */
  received: (messages: readonly ShownMessage[]) => Omit<ReceivedRoom, "isJoinedAtEnd" | "isListed">;
}

interface Seen {
  id: string;
  at: number;
  revision: number;
}

export function createShownRoom(who: string, roomId: string, userId: string): ShownRoom {
  /** When each message was first shown in its place. */
  const seen = new Map<number, Seen>();
  const written = new Map<string, number>();
  /** By their text, so that what is wrong for long counts once. */
  const wrong = new Map<string, Violation>();
  let lastSeq = 0;

  const add = (violation: Violation, text: string) =>
    void wrong.set(`${who}, room ${roomId}: ${text}`, violation);
  const note = ({ seq, id, revision }: ShownMessage) => {
    if (seen.has(seq)) return;
    seen.set(seq, { id, at: Date.now(), revision });
    lastSeq = Math.max(lastSeq, seq);
  };
  const wrongPlace = (before: number, { seq, userId: senderId }: ShownMessage) => {
    if (seq === before) return "duplicated";
    if (before === 0 || seq < before) return "disordered";
    // What the client has sent itself is shown as stored before it knows what came before.
    return seq > before + 1 && senderId !== userId ? "gap" : undefined;
  };
  /** What the client has written itself stands in the order of writing, each once. */
  const checkWritten = (messages: readonly ShownMessage[]) => {
    let last = -1;
    for (const { userId: senderId, clientMessageId } of messages) {
      const n = senderId === userId ? written.get(clientMessageId ?? "") : undefined;
      if (n === undefined) continue;
      const text = `the client's message ${n} is shown after its ${last}`;
      if (n === last) add("duplicated", text);
      else if (n < last) add("senderDisordered", text);
      last = Math.max(last, n);
    }
  };
  return {
    get lastSeq() {
      return lastSeq;
    },
    wrote: (clientMessageId) => void written.set(clientMessageId, written.size),
    drawn(messages) {
      let last: ShownMessage | undefined;
      let isInPlace = true;
      for (const message of messages) {
        const { seq } = message;
        if (seq > 0 && last) {
          const violation = wrongPlace(last.seq, message);
          if (violation) add(violation, `${seq} is shown after ${last.seq}`);
          isInPlace &&= seq === last.seq + 1;
        }
        if (seq > 0 && isInPlace) note(message);
        last = message;
      }
      checkWritten(messages);
    },
    listen() {
      let last: number | undefined;
      return ({ seq }) => {
        const next = (last ?? seq - 1) + 1;
        const text = `${seq} is streamed where ${next} is next`;
        if (seq > next) add("gap", text);
        else if (seq < next) add("duplicated", text);
        last = Math.max(seq, next);
      };
    },
    misshown: () => [...wrong].map(([text, violation]) => ({ violation, text })),
    received(messages) {
      const inOrder = [...seen].sort(([one], [other]) => one - other);
      const stored = messages.filter(({ seq }) => seq > 0);
      return {
        roomId,
        seqs: inOrder.map(([seq]) => seq),
        ids: inOrder.map(([, { id }]) => id),
        times: inOrder.map(([, { at }]) => at),
        revisions: inOrder.map(([, { revision }]) => revision),
        // Of changes a snapshot shows what they have made, not how they came.
        changes: { seqs: [], revisions: [], after: [], isLive: [] },
        states: Object.fromEntries(stored.map((it) => [it.seq, stateOf(it)])),
        threads: Object.fromEntries(
          stored.flatMap(({ seq, replyCount: count, lastReplyAt: lastAt }) =>
            lastAt === null ? [] : [[seq, { count, lastAt }]],
          ),
        ),
      };
    },
  };
}
