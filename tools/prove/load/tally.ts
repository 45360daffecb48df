import type { SendLog } from "../check/run-log.ts";
import type { LoadCounts } from "./protocol.ts";

/** What all clients of this process have seen together. */
export interface Tally {
  counts: LoadCounts;
  sends: SendLog[];
  acknowledged: number;
  /** The highest number that anybody knows of, by room. */
  top: Map<string, number>;
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
    acknowledged: 0,
    top: new Map(),
  };
}

/** More than this is slow, milliseconds. */
export const slowMs = 500;

export function noteTop({ top }: Tally, roomId: string, seq: number): void {
  if (seq > (top.get(roomId) ?? 0)) top.set(roomId, seq);
}

/** A message is acknowledged. */
export function noteAck(tally: Tally, send: SendLog, data: { seq: number; id: string }): void {
  if (send.ack) return;
  send.ack = { at: Date.now(), seq: data.seq, id: data.id };
  tally.acknowledged++;
  if (send.ack.at - send.firstAt > slowMs) tally.counts.slowAcks++;
  noteTop(tally, send.roomId, data.seq);
}
