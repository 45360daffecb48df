import type { StoreIndex } from "./check-store.ts";
import type { ClientLog, FaultLog, ReceivedRoom, RunLog } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** From stored to delivered, milliseconds. */
export interface Delivery {
  median: number;
  p99: number;
  longest: number;
}

/** After a fault's end what was delayed by it may still be on its way. */
const afterFaultMs = 5_000;

/** Every client got 1, 2, 3 … of every room, each once, as the store has them. */
export function checkReceived(
  { clients, faults }: Pick<RunLog, "clients" | "faults">,
  store: StoreIndex,
  findings: Findings,
): { delivered: number; quietDelivery: Delivery | undefined } {
  let delivered = 0;
  const delays: number[] = [];
  for (const client of clients) {
    for (const room of client.rooms) {
      delivered += checkStream(client, room, store, findings);
      collectDelays(room, store, faults, delays);
    }
  }
  return { delivered, quietDelivery: summary(delays) };
}

/** Answers how many different messages came. */
function checkStream(
  { client }: ClientLog,
  { roomId, seqs, ids, isJoinedAtEnd, isListed }: ReceivedRoom,
  store: StoreIndex,
  findings: Findings,
): number {
  const who = `${client}, room ${roomId}`;
  const missing = new Set<number>();
  let last = 0;
  for (const [i, seq] of seqs.entries()) {
    if (seq > last + 1) {
      for (let n = last + 1; n < seq; n++) missing.add(n);
      findings.add("gap", `${who}: ${seq} came after ${last}`, seq - last - 1);
    } else if (seq <= last) {
      if (missing.delete(seq)) findings.add("disordered", `${who}: ${seq} came after ${last}`);
      else findings.add("duplicated", `${who}: ${seq} came again, after ${last}`);
    }
    last = Math.max(last, seq);
    const stored = store.bySeq(roomId, seq);
    if (!stored) findings.add("lost", `${who}: got number ${seq}, which is not in the store`);
    else if (stored.id !== ids[i]) {
      findings.add("altered", `${who}: number ${seq} was message ${ids[i]}, is ${stored.id}`);
    }
  }
  if (isListed && !isJoinedAtEnd) {
    findings.add("notJoined", `${who}: not joined when everything was whole again`);
  }
  const end = isListed ? store.lastSeq(roomId) : last;
  for (let n = last + 1; n <= end; n++) missing.add(n);
  for (const seq of missing) {
    if (!store.bySeq(roomId, seq)) continue;
    findings.add("undelivered", `${who}: number ${seq} is stored and never came`);
  }
  return new Set(seqs).size;
}

/** How long messages took that were stored and delivered while nothing was broken. */
function collectDelays(
  { roomId, seqs, times }: ReceivedRoom,
  store: StoreIndex,
  faults: readonly FaultLog[],
  delays: number[],
): void {
  for (const [i, seq] of seqs.entries()) {
    const stored = store.bySeq(roomId, seq);
    const at = times[i];
    if (!stored || at === undefined) continue;
    const storedAt = Date.parse(stored.createdAt);
    const isDisturbed = faults.some(
      (it) => at > it.startedAt && storedAt < Math.max(it.endedAt, wholeAt(it)) + 100,
    );
    if (!isDisturbed) delays.push(Math.max(at - storedAt, 0));
  }
}

function wholeAt({ endedAt, wholeAfterMs = afterFaultMs }: FaultLog): number {
  return endedAt + Math.min(wholeAfterMs, afterFaultMs);
}

function summary(delays: number[]): Delivery | undefined {
  if (delays.length === 0) return undefined;
  const sorted = Float64Array.from(delays).sort();
  const at = (share: number) =>
    sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  return { median: at(0.5), p99: at(0.99), longest: at(1) };
}
