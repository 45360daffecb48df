import { constants, setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { ApiUser } from "../rig/api.ts";
import type { Service } from "../rig/service.ts";
import { type Finding, insist } from "./findings.ts";
import type { Flood } from "./flood.ts";
import { floods } from "./floods.ts";
import type { AttackLimits } from "./limits.ts";
import { untilHealthy } from "./probe.ts";
import type { Target } from "./target.ts";
import { startBystander } from "./watch.ts";

export interface FloodOptions {
  target: Target;
  user: ApiUser;
  isShort: boolean;
  limits: AttackLimits;
  isWanted: (name: string) => boolean;
}

/** Floods the platform in every way, while a bystander chats. */
export async function* runFloods(options: FloodOptions): AsyncGenerator<Finding> {
  const { target, user, isShort, limits, isWanted } = options;
  const scale = isShort ? 0.1 : 1;
  const wanted = Object.entries(floods(isShort)).filter(([name]) => isWanted(name));
  if (wanted.length === 0) return;
  const victims = Object.values(target.victims);
  for (const victim of victims) await victim.runWith({});
  await untilHealthy(target);
  await using bystander = await startBystander(target);
  // Attackers have machines of their own: ours must not take the processors from the victims.
  // Last, for a priority can't be raised again by everybody, and what is started inherits it.
  setPriority(constants.priority.PRIORITY_LOW);
  await pause(3_000 * Math.max(scale, 0.3));
  const calm = await bystander.report();
  process.stdout.write(`a bystander in peace: p99 ${calm.p99.toFixed(0)} ms\n`);
  for (const [name, flood] of wanted) {
    yield await insist(limits.attempts, () => run(name, flood));
  }

  async function run(name: string, flood: Flood): Promise<Finding> {
    const before = await Promise.all(victims.map(memoryOf));
    await bystander.report();
    const watch = watchResident(victims);
    const [{ figure, isMet }] = await Promise.all([flood(target, user, scale), pause(1_000)]);
    const peak = watch.stop();
    const seen = await bystander.report();
    await pause(2_000);
    const after = await Promise.all(victims.map(memoryOf));
    const grown = Math.max(...after.map((bytes, i) => bytes - (before[i] ?? 0)));
    const failures =
      seen.failures.length > 0 ? `, failures: ${seen.failures.slice(0, 3).join("; ")}` : "";
    const isSound =
      isMet &&
      peak <= limits.peakBytes &&
      grown <= limits.memoryBytes &&
      seen.failures.every((it) => lateness.test(it));
    const isSwift = seen.p99 <= limits.bystanderP99Ms && seen.failures.length === 0;
    return {
      what: name,
      figure: `${figure}; a bystander's p99 ${seen.p99.toFixed(0)} ms${failures}; memory ${megabytes(peak)} more at most, then ${megabytes(grown)}`,
      goal: `p99 ${limits.bystanderP99Ms} ms, no failure, ${megabytes(limits.peakBytes)}, then ${megabytes(limits.memoryBytes)}, connections ended`,
      isMet: isSound && isSwift,
      isSlow: isSound && !isSwift,
    };
  }
}

/** What a bystander is answered when there was no time for them. */
const lateness = /^REST: 503$|^send: (UNAVAILABLE|BUSY)$|has timed out/;

/** Bytes in use after its garbage is gone; NaN if it has ended. */
function memoryOf(victim: Service): Promise<number> {
  return victim.usage(true).then(
    ({ heap }) => heap,
    () => Number.NaN,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** What the service that grows most holds more than at the start, at its worst moment. */
function watchResident(victims: readonly Service[]) {
  const before = victims.map((it) => it.resident());
  let peak = 0;
  const timer = setInterval(() => {
    const grown = victims.map((it, i) => it.resident() - (before[i] ?? 0));
    peak = Math.max(peak, ...grown);
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
