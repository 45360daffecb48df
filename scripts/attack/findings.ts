/** A line of the table. */
export interface Finding {
  what: string;
  figure: string;
  goal: string;
  isMet: boolean;
}

export function printFindings(findings: readonly Finding[]): void {
  const rows = findings.map(({ what, figure, goal, isMet }) => [
    isMet ? "ok" : "MISSED",
    what,
    figure,
    goal,
  ]);
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
