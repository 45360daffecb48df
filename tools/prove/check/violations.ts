/** What must not happen. */
export const violationNames = {
  lost: "lost",
  undelivered: "not delivered",
  duplicated: "duplicated",
  disordered: "out of order",
  gap: "gap in seq",
  senderDisordered: "sender's own messages out of order",
  altered: "altered",
  unacknowledged: "never acknowledged",
  refused: "refused without a reason",
  refusedStored: "refused, and in the store",
  lostAct: "act acknowledged and not in the store",
  changeDuplicated: "change came twice",
  changeDisordered: "change out of order",
  changeEarly: "change before its message",
  staleContent: "content is stale",
  staleReactions: "reactions are stale",
  stalePin: "pin is stale",
  miscounted: "replies miscounted",
  missedRoom: "room missing from a list",
  strayRoom: "room in a list and not in the store's",
  doubledRoom: "two rooms for one pair",
  staleRoom: "a list doesn't show how far a room has come",
  wrongRead: "read state differs",
  wrongUnread: "unread count differs",
  wrongMentions: "mention count differs",
  unheard: "mention not heard",
  heardTwice: "mention heard twice",
  lostMark: "read mark lost",
  wrongPresence: "presence differs",
  pending: "left pending",
  notJoined: "not joined at the end",
  silence: "silence too long",
  noEffect: "fault without effect",
  notInjected: "fault not injected",
  ended: "process ended by itself",
  empty: "nothing was sent",
} as const;

export type Violation = keyof typeof violationNames;

/** Counts violations by name and keeps the first of each in words. */
export interface Findings {
  add: (violation: Violation, text: string, count?: number) => void;
  count: (violation: Violation) => number;
  /** The first few of each kind. */
  examples: () => { violation: Violation; text: string }[];
}

const keptPerKind = 5;

export function createFindings(): Findings {
  const counts = new Map<Violation, number>();
  const kept: { violation: Violation; text: string }[] = [];
  return {
    add(violation, text, count = 1) {
      const before = counts.get(violation) ?? 0;
      counts.set(violation, before + count);
      if (before < keptPerKind) kept.push({ violation, text });
    },
    count: (violation) => counts.get(violation) ?? 0,
    examples: () => [...kept],
  };
}
