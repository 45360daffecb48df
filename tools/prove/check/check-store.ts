import type { MessageOut } from "#gen/socket-events.ts";
import type { StoredRoom } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** The store, to look things up in. */
export interface StoreIndex {
  bySeq: (roomId: string, seq: number) => MessageOut | undefined;
  bySendKey: (roomId: string, clientMessageId: string) => MessageOut | undefined;
  lastSeq: (roomId: string) => number;
  isPublic: (roomId: string) => boolean;
}

/** Each room is numbered 1, 2, 3 …, and no message stands in it twice. */
export function checkStore(rooms: readonly StoredRoom[], findings: Findings): StoreIndex {
  const bySeq = new Map<string, MessageOut>();
  const bySendKey = new Map<string, MessageOut>();
  const lastSeqs = new Map<string, number>();
  const publicRooms = new Set<string>();

  for (const { roomId, isPublic, messages } of rooms) {
    if (isPublic) publicRooms.add(roomId);
    let last = 0;
    for (const message of messages) {
      const { seq, clientMessageId } = message;
      if (seq > last + 1) {
        const missing = seq - last - 1;
        findings.add("gap", `store, room ${roomId}: ${seq} follows ${last}`, missing);
      } else if (seq === last || bySeq.has(keyOf(roomId, seq))) {
        findings.add("duplicated", `store, room ${roomId}: number ${seq} stands there twice`);
      } else if (seq < last) {
        findings.add("disordered", `store, room ${roomId}: ${seq} follows ${last}`);
      }
      last = Math.max(last, seq);
      bySeq.set(keyOf(roomId, seq), message);
      if (clientMessageId === null) continue;
      const key = keyOf(roomId, clientMessageId);
      const first = bySendKey.get(key);
      if (first) {
        const text = `store, room ${roomId}: ${clientMessageId} as ${first.seq} and as ${seq}`;
        findings.add("duplicated", text);
      } else bySendKey.set(key, message);
    }
    lastSeqs.set(roomId, last);
  }
  return {
    bySeq: (roomId, seq) => bySeq.get(keyOf(roomId, seq)),
    bySendKey: (roomId, clientMessageId) => bySendKey.get(keyOf(roomId, clientMessageId)),
    isPublic: (roomId) => publicRooms.has(roomId),
    lastSeq: (roomId) => lastSeqs.get(roomId) ?? 0,
  };
}

function keyOf(roomId: string, key: number | string): string {
  return `${roomId} ${key}`;
}
