import { faultTitles } from "../faults/kinds.ts";
import type { RunLog } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** Every fault was injected, did something, and was over in time. Answers the longest silence. */
export function checkFaults(log: RunLog, findings: Findings): number | undefined {
  for (const kind of new Set(log.wanted)) {
    const those = log.faults.filter((it) => it.kind === kind);
    if (those.length === 0) findings.add("notInjected", faultTitles[kind]);
    else if (those.every((it) => it.effect === 0)) {
      findings.add("noEffect", `${faultTitles[kind]}: ${those.length} times, nobody noticed`);
    }
  }
  for (const text of log.unexpectedEnds) findings.add("ended", text);

  let longest: number | undefined;
  const { silenceMs } = log.limits;
  for (const { kind, target, wholeAfterMs } of log.faults) {
    const what = `${faultTitles[kind]} (${target})`;
    if (wholeAfterMs === undefined) findings.add("silence", `${what}: never whole again`);
    else {
      longest = Math.max(longest ?? 0, wholeAfterMs);
      if (silenceMs !== undefined && wholeAfterMs > silenceMs) {
        findings.add("silence", `${what}: whole again only after ${wholeAfterMs} ms`);
      }
    }
  }
  return longest;
}
