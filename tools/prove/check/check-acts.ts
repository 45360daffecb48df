import type { MessageOut } from "#gen/socket-events.ts";
import type { StoreIndex } from "./check-store.ts";
import { type Excuses, inWords } from "./excuses.ts";
import type { Act, ActKind, ActLog, StoredUser } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** How many of an act there were, and what became of them. */
export interface ActCounts {
  done: number;
  refused: number;
  /** Done, though an attempt before got no answer. */
  inDoubt: number;
}

/** Acknowledged acts are in the store, refused ones had a reason and aren't. */
export function checkActs(
  acts: readonly ActLog[],
  users: readonly StoredUser[],
  store: StoreIndex,
  excuses: Excuses,
  findings: Findings,
): Partial<Record<ActKind, ActCounts>> {
  const counts: Partial<Record<ActKind, ActCounts>> = {};
  const last = new Map<string, ActLog>();
  const blocked = new Map(users.map((it) => [it.userId, new Set(it.blocked)]));
  for (const log of acts) {
    const { act, ack, refusal, isInDoubt } = log;
    const count = counts[act.kind] ?? { done: 0, refused: 0, inDoubt: 0 };
    counts[act.kind] = count;
    if (ack) count.done++;
    else if (refusal !== undefined) count.refused++;
    else findings.add("unacknowledged", `${inWords(log)}: after ${log.attempts} attempts`);
    if (ack && isInDoubt) count.inDoubt++;
    if (refusal !== undefined) checkRefusal(log, refusal, store, excuses, findings);
    // Of what was refused at once nothing is left; what is in doubt may be there.
    if (refusal === undefined || isInDoubt) last.set(subjectOf(log), log);
  }
  for (const log of last.values()) {
    if (!log.ack || isInStore(log, store, blocked)) continue;
    findings.add("lostAct", inWords(log));
  }
  checkPairs(acts, findings);
  return counts;
}

/** What a later act of the same kind takes the place of. */
function subjectOf({ act, userId }: ActLog): string {
  switch (act.kind) {
    case "edit":
    case "delete":
      return `content ${act.roomId} ${act.seq}`;
    case "react":
      return `react ${act.roomId} ${act.seq} ${act.emoji} ${userId}`;
    case "pin":
      return `pin ${act.roomId} ${act.seq}`;
    case "block":
    case "open":
      return `${act.kind} ${userId} ${act.peerId}`;
    default:
      return `${act.kind} ${userId} ${act.roomId}`;
  }
}

function isInStore(
  { act, userId }: ActLog,
  store: StoreIndex,
  blocked: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const message = "seq" in act ? store.bySeq(act.roomId, act.seq) : undefined;
  const isDeleted = typeof message?.deletedAt === "string";
  switch (act.kind) {
    case "edit":
      return message?.content === act.content && message.editedAt !== null;
    case "delete":
      return isDeleted && isEmpty(message);
    case "react": {
      const all = message?.reactions.find(({ emoji }) => emoji === act.emoji)?.userIds ?? [];
      return isDeleted ? isEmpty(message) : all.includes(userId) === act.isOn;
    }
    case "pin":
      return isDeleted ? isEmpty(message) : (message?.pinnedBy === userId) === act.isOn;
    case "block":
      return (blocked.get(userId)?.has(act.peerId) ?? false) === act.isOn;
    default:
      // Where rooms and read marks stand is compared with the lists.
      return true;
  }
}

function isEmpty({ content, reactions, pinnedAt }: MessageOut): boolean {
  return content === "" && reactions.length === 0 && pinnedAt === null;
}

function checkRefusal(
  log: ActLog,
  refusal: string,
  store: StoreIndex,
  excuses: Excuses,
  findings: Findings,
): void {
  const { act, userId, isInDoubt } = log;
  if (!isFair(act, userId, refusal, store, excuses)) {
    findings.add("refused", `${inWords(log)}: ${refusal}`);
  }
  if (act.kind !== "edit" || isInDoubt) return;
  if (store.bySeq(act.roomId, act.seq)?.content === act.content) {
    findings.add("refusedStored", `${inWords(log)}: ${refusal}`);
  }
}

function isFair(
  act: Act,
  userId: string,
  refusal: string,
  store: StoreIndex,
  { wasBlocked }: Excuses,
): boolean {
  if (refusal === "BLOCKED") {
    const isBlockable = ["edit", "react", "pin", "open"].includes(act.kind);
    return isBlockable && wasBlocked(userId, act);
  }
  const message = "seq" in act ? store.bySeq(act.roomId, act.seq) : undefined;
  if (refusal === "MESSAGE_NOT_FOUND") {
    return ["edit", "react", "pin"].includes(act.kind) && typeof message?.deletedAt === "string";
  }
  if (refusal !== "FORBIDDEN") return false;
  if (act.kind === "edit") return message?.userId !== userId;
  // Members don't pin in public rooms.
  return act.kind === "pin" && store.isPublic(act.roomId);
}

/** Two users have one room, whoever opens it. */
function checkPairs(acts: readonly ActLog[], findings: Findings): void {
  const rooms = new Map<string, string>();
  for (const log of acts) {
    const { act, userId, ack } = log;
    if (act.kind !== "open" || ack?.roomId === undefined) continue;
    const pair = [userId, act.peerId].sort().join(" ");
    const known = rooms.get(pair) ?? ack.roomId;
    rooms.set(pair, known);
    if (known !== ack.roomId) {
      findings.add("doubledRoom", `${inWords(log)}: ${ack.roomId} beside ${known}`);
    }
  }
}
