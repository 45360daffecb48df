import type { StoreIndex } from "./check-store.ts";
import { type Aspect, differences, revisionOf, stateOf } from "./message-state.ts";
import type { ClientLog, ReceivedRoom } from "./run-log.ts";
import type { Findings, Violation } from "./violations.ts";

const stale: Record<Aspect, Violation> = {
  sent: "altered",
  content: "staleContent",
  reactions: "staleReactions",
  pin: "stalePin",
};

/** Changes came in order, each once, and each message is in the end as the store has it. */
export function checkPictures(
  clients: readonly ClientLog[],
  store: StoreIndex,
  findings: Findings,
): { changes: number } {
  let changes = 0;
  for (const { client, rooms } of clients) {
    for (const room of rooms) {
      changes += checkChanges(client, room, findings);
      checkMessages(client, room, store, findings);
    }
  }
  return { changes };
}

/** Answers how many changes came. */
function checkChanges(client: string, room: ReceivedRoom, findings: Findings): number {
  const { seqs, revisions, after, isLive } = room.changes;
  const who = `${client}, room ${room.roomId}`;
  const places = new Map(room.seqs.map((seq, i) => [seq, i]));
  let last = 0;
  let count = 0;
  for (const [i, seq] of seqs.entries()) {
    const revision = revisions[i] ?? 0;
    const isMark = seq === 0;
    const what = `${who}: revision ${revision} of message ${seq} came after ${last}`;
    if (!isMark) count++;
    if (revision === last && !isMark) findings.add("changeDuplicated", what);
    if (revision < last) findings.add("changeDisordered", what);
    last = Math.max(last, revision);
    if (!isLive[i]) continue;
    const place = places.get(seq) ?? Number.POSITIVE_INFINITY;
    if (place >= (after[i] ?? 0)) findings.add("changeEarly", `${what}, before its message`);
    else if ((room.revisions[place] ?? 0) >= revision) {
      findings.add("changeDuplicated", `${what}, and the message had it already`);
    }
  }
  return count;
}

function checkMessages(
  client: string,
  { roomId, states, threads, isListed }: ReceivedRoom,
  store: StoreIndex,
  findings: Findings,
): void {
  if (!isListed) return;
  for (let seq = 1; seq <= store.lastSeq(roomId); seq++) {
    const message = store.bySeq(roomId, seq);
    const known = states[seq];
    if (!message || known === undefined) continue;
    const stored = stateOf(message);
    const who = `${client}, room ${roomId}, message ${seq}`;
    for (const aspect of differences(known, stored)) {
      const text = `${who}: its ${aspect} is of revision ${revisionOf(known)}, not of ${message.revision}`;
      findings.add(stale[aspect], text);
    }
    const counted = threads[seq] ?? { count: 0, lastAt: null };
    if (counted.count !== message.replyCount || counted.lastAt !== message.lastReplyAt) {
      findings.add("miscounted", `${who}: ${counted.count} replies, not ${message.replyCount}`);
    }
  }
}
