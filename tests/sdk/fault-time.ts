import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Platform } from "#tools/rig/platform.ts";

const faultCount = 20;
/** `FAULT_MINUTES=10` spreads the faults over so long; without it they come one upon the other. */
const pauseMs = (Number(process.env.FAULT_MINUTES ?? 0) * 60_000) / faultCount;
const writeEveryMs = 1_000;

/** Each kind of fault once, then any of them, with time to write in after each. */
export async function* faultsAtRandom<F>(faults: readonly F[], write: () => unknown) {
  for (let i = 0; i < faultCount; i++) {
    const fault = faults[i] ?? faults[randomInt(faults.length)];
    if (fault !== undefined) yield fault;
    for (const endAt = Date.now() + pauseMs; Date.now() < endAt; await delay(writeEveryMs)) {
      await write();
    }
  }
}

type Stoppable = "auth" | "message" | "gateway";

export const restarts: readonly (readonly Stoppable[])[] = [
  ["message"],
  ["gateway"],
  ["auth"],
  ["gateway", "message", "auth"],
];

/** Stops services of a platform at once, and starts them again after a moment. */
export async function restart(platform: Platform, names: readonly Stoppable[]): Promise<void> {
  await Promise.all(names.map((name) => platform[name].stop()));
  await delay(randomInt(500));
  for (const name of names) await platform[name].start();
}
