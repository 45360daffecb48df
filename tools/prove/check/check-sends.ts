import { mentionsAsAsked } from "./check-mentions.ts";
import type { StoreIndex } from "./check-store.ts";
import type { Excuses } from "./excuses.ts";
import type { SendLog } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** What was acknowledged is stored as it was sent, and in the order in which it was sent. */
export function checkSends(
  sends: readonly SendLog[],
  userIds: ReadonlySet<string>,
  store: StoreIndex,
  excuses: Excuses,
  findings: Findings,
): { acknowledged: number; turnedByFailure: number } {
  if (sends.length === 0) findings.add("empty", "the writers have sent nothing");
  let acknowledged = 0;
  for (const send of sends) {
    const { ack, roomId, clientMessageId, refusal } = send;
    const who = `${send.client}, room ${roomId}, ${clientMessageId}`;
    if (refusal !== undefined) {
      checkRefusal(send, refusal, who, store, excuses, findings);
      continue;
    }
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
    } else if (stored.content !== send.content && !stored.editedAt && !stored.deletedAt) {
      findings.add("altered", `${who}: its content is another`);
    } else if (stored.replyTo !== (send.replyTo ?? null)) {
      findings.add("altered", `${who}: replies to ${stored.replyTo} and not to ${send.replyTo}`);
    } else if (!mentionsAsAsked(send, stored, userIds, excuses)) {
      findings.add("altered", `${who}: mentions ${stored.mentions} and not ${send.mentions}`);
    }
  }
  return { acknowledged, turnedByFailure: checkSenders(sends, store, findings) };
}

/** What may be refused, and is then not stored; of an attempt in doubt nothing follows from a later refusal. */
function checkRefusal(
  { roomId, clientMessageId, replyTo, userId, isInDoubt }: SendLog,
  refusal: string,
  who: string,
  store: StoreIndex,
  { isDirect, wasBlocked, wasLeft }: Excuses,
  findings: Findings,
): void {
  const target = replyTo === undefined ? undefined : store.bySeq(roomId, replyTo);
  const isFair =
    (refusal === "MESSAGE_NOT_FOUND" && typeof target?.deletedAt === "string") ||
    (refusal === "BLOCKED" && wasBlocked(userId, { roomId })) ||
    // Who has left a direct room has to be put into it again before they can write.
    (refusal === "NOT_IN_ROOM" && isDirect(roomId) && wasLeft(userId, roomId));
  if (!isFair) findings.add("refused", `${who}: ${refusal}`);
  if (!isInDoubt && store.bySendKey(roomId, clientMessageId)) {
    findings.add("refusedStored", `${who}: ${refusal}`);
  }
}

/**
 * What a sender has sent first is numbered first, over sockets and by the SDK. A message whose first attempt
 * failed may fall behind what was under way already: that is its sender's doing. One that was
 * acknowledged at the first attempt was stored before all that was sent after it.
 */
function checkSenders(sends: readonly SendLog[], store: StoreIndex, findings: Findings): number {
  const before = new Map<string, { firm: SendLog | undefined; firmSeq: number; anySeq: number }>();
  let turned = 0;
  for (const send of sends) {
    const seq = store.bySendKey(send.roomId, send.clientMessageId)?.seq;
    if (send.via === "rest" || seq === undefined) continue;
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
