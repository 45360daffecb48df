import type { MessageOut } from "#gen/socket-events.ts";
import { isMentioned } from "../check/mentions.ts";
import { type MessageState, stateOf } from "../check/message-state.ts";
import type { ReceivedRoom } from "../check/run-log.ts";
import type { Position } from "./tally.ts";

/** What a client knows of a room that it has joined, and in which order it came. */
export interface RoomPicture {
  readonly roomId: string;
  /** Everything up to there was received: from there it has to resume. */
  readonly lastSeq: number;
  readonly lastRevision: number;
  /**
   * The newest message and the newest change that it knows. A message may have come as it is after a
   * change, which then isn't sent, while earlier ones of others are still on their way.
   */
  readonly newest: Position;
  readonly lastMessage: MessageOut | undefined;
  added: (message: MessageOut) => void;
  /** The message has changed. @param isLive by an event, and not by a resume */
  changed: (message: MessageOut, isLive: boolean) => void;
  /** Messages above a number that mention the user. */
  mentionsAbove: (seq: number) => number;
  /** A resume was complete up to there. */
  reached: (position: { lastSeq: number; lastRevision: number }) => void;
  received: () => Omit<ReceivedRoom, "isJoinedAtEnd" | "isListed">;
}

export function createRoomPicture(roomId: string, userId: string): RoomPicture {
  const seqs: number[] = [];
  const ids: string[] = [];
  const times: number[] = [];
  const revisions: number[] = [];
  const changes: ReceivedRoom["changes"] = { seqs: [], revisions: [], after: [], isLive: [] };
  const states: Record<number, MessageState> = {};
  const threads: Record<number, { count: number; lastAt: string }> = {};
  const mentions = new Set<number>();
  let lastSeq = 0;
  let lastRevision = 0;
  let newestRevision = 0;
  let lastMessage: MessageOut | undefined;

  const note = (seq: number, revision: number, isLive: boolean) => {
    changes.seqs.push(seq);
    changes.revisions.push(revision);
    changes.after.push(seqs.length);
    changes.isLive.push(isLive);
  };
  const keep = (message: MessageOut) => {
    states[message.seq] = stateOf(message);
    newestRevision = Math.max(newestRevision, message.revision);
    if (isMentioned(message, userId)) mentions.add(message.seq);
    else mentions.delete(message.seq);
    if (message.seq >= (lastMessage?.seq ?? 0)) lastMessage = message;
  };
  return {
    roomId,
    get lastSeq() {
      return lastSeq;
    },
    get lastRevision() {
      return lastRevision;
    },
    get newest() {
      return { lastSeq, lastRevision: Math.max(lastRevision, newestRevision) };
    },
    get lastMessage() {
      return lastMessage;
    },
    added(message) {
      const { seq, id, revision, threadSeq, createdAt } = message;
      if (threadSeq !== null && states[seq] === undefined) {
        const count = (threads[threadSeq]?.count ?? 0) + 1;
        threads[threadSeq] = { count, lastAt: createdAt };
      }
      seqs.push(seq);
      ids.push(id);
      times.push(Date.now());
      revisions.push(revision);
      lastSeq = Math.max(lastSeq, seq);
      keep(message);
    },
    changed(message, isLive) {
      note(message.seq, message.revision, isLive);
      lastRevision = Math.max(lastRevision, message.revision);
      keep(message);
    },
    mentionsAbove: (seq) => [...mentions].filter((it) => it > seq).length,
    reached(position) {
      if (position.lastRevision > lastRevision) note(0, position.lastRevision, false);
      lastSeq = Math.max(lastSeq, position.lastSeq);
      lastRevision = Math.max(lastRevision, position.lastRevision);
    },
    received: () => ({ roomId, seqs, ids, times, revisions, changes, states, threads }),
  };
}
