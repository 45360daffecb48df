import type { Verdict } from "./check/check.ts";
import type { ActKind, FaultCounts, FaultLog } from "./check/run-log.ts";
import { type Violation, violationNames } from "./check/violations.ts";
import { faultKinds, faultTitles } from "./faults/kinds.ts";
import type { ProveResult } from "./run.ts";

/** The results as Markdown: what became of messages and acts, what each fault did, and what is wrong. */
export function reportOf({ verdict, faults, leftOut, seconds }: ProveResult): string {
  const { counts } = verdict;
  const count = (...names: Violation[]) =>
    String(names.reduce((sum, name) => sum + (counts[name] ?? 0), 0));
  const { quietDelivery: quiet } = verdict;
  const messages = table(
    ["what", "figure"],
    [
      ["sending, seconds", seconds.toFixed(0)],
      ["sent", String(verdict.sent)],
      ["acknowledged", String(verdict.acknowledged)],
      ["stored", String(verdict.stored)],
      ["delivered (each message to each client)", String(verdict.delivered)],
      ["lost (acknowledged and not in the store, or not delivered)", count("lost", "undelivered")],
      ["duplicated", count("duplicated")],
      ["out of order", count("disordered")],
      ["gaps in seq", count("gap")],
      ["sender's own messages out of order", count("senderDisordered")],
      ["altered", count("altered")],
      ["changes delivered (each to each client)", String(verdict.changes)],
      ["changes twice, out of order, or before their message", count(...badChanges)],
      [
        "acts acknowledged and not in the store, refused and in it",
        count("lostAct", "refusedStored"),
      ],
      ["acts and sends refused without a reason", count("refused")],
      ["messages stale at a client: content", count("staleContent")],
      ["messages stale at a client: reactions, pin", count("staleReactions", "stalePin")],
      ["replies miscounted", count("miscounted")],
      ["rooms missing from a list, too many in one, two for a pair", count(...badLists)],
      ["last lines stale in lists", count("staleRoom")],
      ["read marks lost, read states that differ", count("lostMark", "wrongRead")],
      ["unread counts that differ", count("wrongUnread")],
      ["mentions heard (each by each device)", String(verdict.mentionsHeard)],
      ["mentions not heard, heard twice", count("unheard", "heardTwice")],
      ["mention counts that differ", count("wrongMentions")],
      ["presences that differ", count("wrongPresence")],
      [
        "longest silence: from a fault's end until whole, seconds",
        inSeconds(verdict.longestSilenceMs),
      ],
      [
        "from stored to delivered in quiet times: median, p99, longest, seconds",
        quiet ? [quiet.median, quiet.p99, quiet.longest].map(inSeconds).join(", ") : "–",
      ],
      [
        "turned round by a failed attempt of their sender (no fault)",
        String(verdict.turnedByFailure),
      ],
    ],
  );
  return [
    messages,
    actTable(verdict),
    faultTable(faults),
    ...leftOut.map((line) => `left out: ${line}`),
    ...verdict.examples.map(({ violation, text }) => `${violationNames[violation]}: ${text}`),
    verdict.isGood
      ? "Nothing was lost, doubled, disordered or stale, and every fault was felt."
      : `FAILED: ${Object.entries(counts)
          .map(([name, n]) => `${isViolation(name) ? violationNames[name] : name} ${n}`)
          .join(", ")}`,
  ].join("\n\n");
}

const badChanges: Violation[] = ["changeDuplicated", "changeDisordered", "changeEarly"];
const badLists: Violation[] = ["missedRoom", "strayRoom", "doubledRoom"];

const actTitles = {
  edit: "edit",
  delete: "delete",
  react: "react, take back",
  pin: "pin, unpin",
  read: "mark as read",
  unread: "mark as unread",
  open: "open a direct room",
  leave: "leave a direct room",
  block: "block, end a block",
} satisfies Record<ActKind, string>;

function actTable({ acts, replies }: Verdict): string {
  const rows = keysOf(actTitles).map((kind) => {
    const { done = 0, refused = 0, inDoubt = 0 } = acts[kind] ?? {};
    return [actTitles[kind], String(done), String(inDoubt), String(refused)];
  });
  return table(
    ["act", "done", "after an attempt without answer", "refused, as it should"],
    [["reply", String(replies), "–", "–"], ...rows],
  );
}

const columns: readonly [keyof FaultCounts, string][] = [
  ["disconnects", "disconnects"],
  ["reconnects", "reconnects"],
  ["refused", "sends refused"],
  ["unanswered", "unanswered"],
  ["resends", "resends"],
  ["foundStored", "found stored"],
  ["acksDropped", "acks dropped"],
  ["commitsUnheard", "commits unheard"],
  ["backendsLost", "store connections lost"],
  ["conflicts", "conflicts of numbering"],
  ["filled", "filled from the store"],
  ["lateDeliveries", "late deliveries"],
  ["resumed", "resumed"],
];

function faultTable(faults: readonly FaultLog[]): string {
  const alone = faultKinds.flatMap((kind) => {
    const those = faults.filter((it) => it.kind === kind && !it.beside);
    return those.length === 0 ? [] : [faultRow(faultTitles[kind], those)];
  });
  const pairs = faults.filter((it) => it.beside);
  const rows = pairs.length === 0 ? alone : [...alone, faultRow("two of them at once", pairs)];
  const heads = [
    "fault",
    "injected",
    "felt",
    ...columns.map(([, head]) => head),
    "longest silence, s",
  ];
  return table(heads, rows);
}

function faultRow(title: string, faults: readonly FaultLog[]): string[] {
  const silences = faults.map((it) => it.wholeAfterMs ?? Number.POSITIVE_INFINITY);
  const isPair = faults.some((it) => it.beside);
  return [
    title,
    String(faults.length),
    isPair ? "–" : String(faults.filter((it) => it.effect > 0).length),
    ...columns.map(([name]) => String(faults.reduce((sum, it) => sum + it.counts[name], 0))),
    inSeconds(Math.max(...silences)),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function inSeconds(ms: number | undefined): string {
  return ms === undefined ? "–" : (ms / 1000).toFixed(2);
}

function keysOf<T extends object>(object: T): (keyof T)[] {
  const keys: (keyof T)[] = [];
  for (const key in object) keys.push(key);
  return keys;
}

function isViolation(name: string): name is Violation {
  return name in violationNames;
}
