import { budgets } from "#common/budgets.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/**
 * Judges what another clock said between a question and its answer, however long that took. Times in
 * an HTTP head have no parts of a second.
 */
export function clockFinding(
  about: string,
  theirs: number,
  { askedAt, answeredAt = Date.now() }: { askedAt: number; answeredAt?: number },
): Finding {
  const apartMs = theirs - Math.min(Math.max(theirs, askedAt), answeredAt);
  const seconds = Math.round(Math.abs(apartMs) / 1000);
  const limit = budgets.tokens.clocksApart / 1000;
  if (Number.isNaN(apartMs)) return warning(about, "it doesn't say the time", "see its log");
  if (seconds <= 2) return ok(about, "goes as this machine's");
  const text = `is ${seconds} s ${apartMs > 0 ? "ahead of" : "behind"} this machine's`;
  const todo = "let NTP set the clocks of all machines (timedatectl set-ntp true)";
  return seconds < limit
    ? warning(about, `${text}; from ${limit} s on tokens are refused`, todo)
    : problem(about, `${text}, so that tokens are refused`, todo);
}
