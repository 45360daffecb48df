import type { StoreIndex } from "./check-store.ts";
import type { SendLog } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** What was acknowledged is stored as it was sent, and in the order in which it was sent. */
export function checkSends(
  sends: readonly SendLog[],
  store: StoreIndex,
  findings: Findings,
): { acknowledged: number; turnedByFailure: number } {
  if (sends.length === 0) findings.add("empty", "the writers have sent nothing");
  let acknowledged = 0;
  for (const send of sends) {
    const { ack, roomId, clientMessageId } = send;
    const who = `${send.client}, room ${roomId}, ${clientMessageId}`;
    if (!ack) {
      findings.add("unacknowledged", `${who}: after ${send.attempts} attempts`);
      continue;
    }
    acknowledged++;
    const stored = store.bySendKey(roomId, clientMessageId);
    if (!stored) {
      findings.add("lost", `${who}: acknowledged as number ${ack.seq}, and not in the store`);
    } else if (stored.seq !== ack.seq || stored.id !== ack.id) {
      findings.add("altered", `${who}: acknowledged as ${ack.seq}, stored as ${stored.seq}`);
    } else if (stored.content !== send.content) {
      findings.add("altered", `${who}: its content is another`);
    }
  }
  return { acknowledged, turnedByFailure: checkSenders(sends, store, findings) };
}

/**
 * What a sender has sent first is numbered first, over sockets. A message whose first attempt
 * failed may fall behind what was under way already: that is its sender's doing. One that was
 * acknowledged at the first attempt was stored before all that was sent after it.
 */
function checkSenders(sends: readonly SendLog[], store: StoreIndex, findings: Findings): number {
  const before = new Map<string, { firm: SendLog | undefined; firmSeq: number; anySeq: number }>();
  let turned = 0;
  for (const send of sends) {
    const seq = store.bySendKey(send.roomId, send.clientMessageId)?.seq;
    if (send.via !== "socket" || seq === undefined) continue;
    const key = `${send.client} ${send.roomId}`;
    const so = before.get(key) ?? { firm: undefined, firmSeq: 0, anySeq: 0 };
    before.set(key, so);
    if (seq < so.firmSeq) {
      const text = `${send.client}, room ${send.roomId}: ${send.clientMessageId} is number ${seq}, ${so.firm?.clientMessageId} of before is ${so.firmSeq}`;
      findings.add("senderDisordered", text);
    } else if (seq < so.anySeq) turned++;
    so.anySeq = Math.max(so.anySeq, seq);
    if (send.ack && send.attempts === 1 && seq > so.firmSeq) {
      so.firmSeq = seq;
      so.firm = send;
    }
  }
  return turned;
}
