import type { FaultLimits } from "./inject-fault.ts";

/** What is still well. */
export interface AttackLimits extends FaultLimits {
  /** Of a bystander's requests, milliseconds. */
  bystanderP99Ms: number;
  /** What a service may hold more after a flood than before. */
  memoryBytes: number;
  /** And in the middle of it, with all its garbage. */
  peakBytes: number;
  /** How often what is missed by time is tried. */
  attempts: number;
  note: string;
}

/**
 * The goals; in the short run, which has to judge a machine that others use as well, times
 * are only so short that nobody can be said to have been kept out.
 */
export function limitsOf(isShort: boolean): AttackLimits {
  const memory = { memoryBytes: 20 * 1024 * 1024, peakBytes: 400 * 1024 * 1024 };
  const note =
    "The short run judges what breaks: refusals, losses, memory, connections, processes. Its limits of time are loose, and what is missed by time is tried again; npm run attack has the goals.";
  return isShort
    ? { bystanderP99Ms: 3_000, ...memory, answerMs: 6_000, wholeSeconds: 20, attempts: 3, note }
    : { bystanderP99Ms: 200, ...memory, answerMs: 3_000, wholeSeconds: 10, attempts: 1, note };
}
