import { type ActCounts, checkActs } from "./check-acts.ts";
import { checkFaults } from "./check-faults.ts";
import { checkLists, checkReadMarks } from "./check-lists.ts";
import { checkMentions } from "./check-mentions.ts";
import { checkPictures } from "./check-pictures.ts";
import { checkPresence } from "./check-presence.ts";
import { checkReceived, type Delivery } from "./check-received.ts";
import { checkSends } from "./check-sends.ts";
import { checkShown } from "./check-shown.ts";
import { checkStore } from "./check-store.ts";
import { createExcuses } from "./excuses.ts";
import type { ActKind, RunLog } from "./run-log.ts";
import { createFindings, type Violation } from "./violations.ts";

/** What a run comes to. */
export interface Verdict {
  isGood: boolean;
  sent: number;
  acknowledged: number;
  stored: number;
  /** Messages at clients: each message once for each client that got it. */
  delivered: number;
  /** Acknowledged replies. */
  replies: number;
  acts: Partial<Record<ActKind, ActCounts>>;
  /** Changes at clients, by events and by resuming. */
  changes: number;
  /** Events at clients by which somebody was told of being mentioned. */
  mentionsHeard: number;
  /** Pairs of one sender's messages that a failed attempt has turned round; no fault. */
  turnedByFailure: number;
  /** From a fault's end until whole, the longest; undefined without faults. */
  longestSilenceMs: number | undefined;
  /** From stored to delivered while nothing was broken, milliseconds. */
  quietDelivery: Delivery | undefined;
  counts: Partial<Record<Violation, number>>;
  examples: { violation: Violation; text: string }[];
}

/** Compares what was sent, stored and received. Pure: it looks at the log and nothing else. */
export function checkRun(log: RunLog): Verdict {
  const findings = createFindings();
  const store = checkStore(log.rooms, findings);
  const excuses = createExcuses(log);
  const { acts, clients, sends, users } = log;
  const { acknowledged, turnedByFailure } = checkSends(
    sends,
    new Set(users.map(({ userId }) => userId)),
    store,
    excuses,
    findings,
  );
  const { delivered, quietDelivery } = checkReceived(log, store, findings);
  const actCounts = checkActs(acts, users, store, excuses, findings);
  const { changes } = checkPictures(clients, store, findings);
  const { heard } = checkMentions(clients, users, log.rooms, excuses, findings);
  checkShown(clients, findings);
  checkLists(clients, users, findings);
  checkReadMarks(acts, sends, users, findings);
  checkPresence(clients, users, findings);
  const longestSilenceMs = checkFaults(log, findings);
  const { silenceMs } = log.limits;
  if (silenceMs !== undefined && quietDelivery && quietDelivery.longest > silenceMs) {
    findings.add("silence", `a message took ${quietDelivery.longest} ms while nothing was broken`);
  }
  const stored = log.rooms.reduce((sum, room) => sum + room.messages.length, 0);

  const counts: Verdict["counts"] = {};
  const examples = findings.examples();
  for (const { violation } of examples) counts[violation] = findings.count(violation);
  return {
    isGood: examples.length === 0,
    sent: log.sends.length,
    acknowledged,
    stored,
    delivered,
    replies: sends.filter(({ replyTo, ack }) => replyTo !== undefined && ack).length,
    acts: actCounts,
    changes,
    mentionsHeard: heard,
    turnedByFailure,
    longestSilenceMs,
    quietDelivery,
    counts,
    examples,
  };
}
