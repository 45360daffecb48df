/**
 * How much a difference matters to clients that were built on the released contract:
 *   breaking  they see something else than they were promised, or are refused
 *   changed   they go on working; others may rely on it only after the next release
 *   added     there is more than before
 */
type Severity = "breaking" | "changed" | "added";

/** One difference between the released contract and this one. */
export interface Finding {
  severity: Severity;
  /** What it is about, in one or two words: `route`, `error text`. */
  what: string;
  /** The element's full name, or a file. */
  where: string;
  /** Old and new, or a sentence. */
  text: string;
}

/** One line: severity, what, where, old → new. */
export function formatFinding({ severity, what, where, text }: Finding): string {
  return `${severity.padEnd(8)}  ${what}  ${where}: ${text}`;
}

/** Collects the differences of one element. */
export interface Diff {
  /** Reports a value that differs, of the given severity. */
  value: (what: string, before: unknown, after: unknown, severity?: Severity) => void;
  add: (severity: Severity, what: string, text: string) => void;
}

export function createDiff(where: string, findings: Finding[]): Diff {
  const add: Diff["add"] = (severity, what, text) => {
    findings.push({ severity, what, where, text });
  };
  return {
    add,
    value(what, before, after, severity = "breaking") {
      const [old, now] = [show(before), show(after)];
      if (old !== now) add(severity, what, `${old} → ${now}`);
    },
  };
}

function show(value: unknown): string {
  if (value === undefined || value === "") return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
