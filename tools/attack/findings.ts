/** A line of the table. */
export interface Finding {
  what: string;
  figure: string;
  goal: string;
  isMet: boolean;
  /** This machine lacks what it takes; the figure says what. */
  isSkipped?: boolean;
  /** It was missed by time only, or by what ran out of it: a busy machine would do that too. */
  isSlow?: boolean;
}

/** What was missed by time only is tried again, `attempts` times in all. */
export async function insist(attempts: number, run: () => Promise<Finding>): Promise<Finding> {
  const finding = await run();
  if (!finding.isSlow || attempts <= 1) return finding;
  process.stdout.write(`slow, once more: ${finding.what}: ${finding.figure}\n`);
  return insist(attempts - 1, run);
}

export function verdictOf({ isMet, isSkipped }: Finding): string {
  return isSkipped ? "skipped" : isMet ? "ok" : "MISSED";
}

export function printFindings(findings: readonly Finding[]): void {
  const rows = findings.map((it) => [verdictOf(it), it.what, it.figure, it.goal]);
  const all = [["", "what", "found", "goal"], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  for (const row of all) {
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}
