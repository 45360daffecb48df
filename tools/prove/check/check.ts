import { checkFaults } from "./check-faults.ts";
import { checkReceived, type Delivery } from "./check-received.ts";
import { checkSends } from "./check-sends.ts";
import { checkStore } from "./check-store.ts";
import type { RunLog } from "./run-log.ts";
import { createFindings, type Violation } from "./violations.ts";

/** What a run comes to. */
export interface Verdict {
  isGood: boolean;
  sent: number;
  acknowledged: number;
  stored: number;
  /** Messages at clients: each message once for each client that got it. */
  delivered: number;
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
  const { acknowledged, turnedByFailure } = checkSends(log.sends, store, findings);
  const { delivered, quietDelivery } = checkReceived(log, store, findings);
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
    turnedByFailure,
    longestSilenceMs,
    quietDelivery,
    counts,
    examples,
  };
}
