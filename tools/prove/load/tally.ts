import type { ActLog, SendLog } from "../check/run-log.ts";
import type { LoadCounts } from "./protocol.ts";

/** The numbers of a room's last message and of its last change. */
export interface Position {
  lastSeq: number;
  lastRevision: number;
}

/** What all clients of this process have seen together. */
export interface Tally {
  counts: LoadCounts;
  sends: SendLog[];
  acts: ActLog[];
  acknowledged: number;
  /** Acts that were acknowledged. */
  done: number;
  /** How far each room has come, as far as anybody knows. */
  top: Map<string, Position>;
  /** When an event last came to any client. */
  lastEventAt: number;
}

export function createTally(): Tally {
  return {
    counts: {
      disconnects: 0,
      reconnects: 0,
      refused: 0,
      unanswered: 0,
      resends: 0,
      foundStored: 0,
      slowAcks: 0,
      lateDeliveries: 0,
      resumed: 0,
      filled: 0,
    },
    sends: [],
    acts: [],
    acknowledged: 0,
    done: 0,
    top: new Map(),
    lastEventAt: 0,
  };
}

/** How often writers and actors look what to do. */
export const tickMs = 40;

/** More than this is slow, milliseconds. */
export const slowMs = 500;

export function notePosition({ top }: Tally, roomId: string, its: Position): void {
  const { lastSeq, lastRevision } = top.get(roomId) ?? its;
  top.set(roomId, {
    lastSeq: Math.max(lastSeq, its.lastSeq),
    lastRevision: Math.max(lastRevision, its.lastRevision),
  });
}

/** A message is acknowledged. */
export function noteAck(
  tally: Tally,
  send: SendLog,
  data: { seq: number; id: string; revision: number },
): void {
  if (send.ack) return;
  send.ack = { at: Date.now(), seq: data.seq, id: data.id };
  tally.acknowledged++;
  if (send.ack.at - send.firstAt > slowMs) tally.counts.slowAcks++;
  notePosition(tally, send.roomId, { lastSeq: data.seq, lastRevision: data.revision });
}
