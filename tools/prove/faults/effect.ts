import type { FaultCounts } from "../check/run-log.ts";
import type { FaultKind } from "./kinds.ts";

/** How much somebody noticed of a fault: 0 means that it was none. */
export function effectOf(kind: FaultKind, counts: FaultCounts): number {
  const unserved = counts.refused + counts.unanswered + counts.slowAcks;
  switch (kind) {
    case "kill-instance":
    case "restart-instance":
    case "add-instance":
    case "kill-gateway":
    case "drop-connections":
      return Math.min(counts.disconnects, counts.reconnects);
    case "pause-instance":
      return unserved + counts.disconnects;
    case "kill-auth":
    case "pause-auth":
    case "lose-store":
      return unserved;
    case "pause-redis":
      return counts.lateDeliveries;
    case "kill-postgres":
    case "kill-redis":
      return counts.backendsLost;
    case "lose-acks":
      return Math.min(counts.acksDropped, counts.foundStored);
    case "crash-before-broadcast":
      return Math.min(counts.commitsUnheard, counts.foundStored);
    case "lose-commit-answer":
      return counts.commitsUnheard;
  }
}
