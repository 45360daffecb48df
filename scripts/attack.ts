/**
 * Attacks a platform of its own, and prints what came of it: `npm run attack`.
 *   --short         a tenth of everything, for CI
 *   --only=<text>   only what has the text in its name
 * Ends with 1 when a goal is missed. Needs Linux.
 */
import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { faults, injectFault } from "./attack/faults.ts";
import { type Finding, printFindings } from "./attack/findings.ts";
import { floods } from "./attack/floods.ts";
import { compareTimes, measureLoginRate, watchHealth } from "./attack/logins.ts";
import { startTarget } from "./attack/target.ts";
import { registerUser } from "./attack/user.ts";
import { startBystander } from "./attack/watch.ts";

const { values } = parseArgs({
  options: { short: { type: "boolean" }, only: { type: "string", default: "" } },
});
const scale = values.short ? 0.1 : 1;
const isWanted = (name: string) => name.includes(values.only);
const findings: Finding[] = [];
const say = (finding: Finding) => {
  findings.push(finding);
  process.stdout.write(
    `${finding.isMet ? "ok      " : "MISSED  "}${finding.what}: ${finding.figure}\n`,
  );
};

const memoryLimit = 20 * 1024 * 1024;
const bystanderLimitMs = 200;

await using target = await startTarget();
process.stdout.write(`attacking ${target.gateway}; logs in ${target.logs}\n`);
const user = await registerUser(target.gateway);

const logins = [
  { name: "timing", run: async () => [await compareTimes(target, user, scale)] },
  { name: "login rate", run: async () => [await measureLoginRate(target, user, scale)] },
  { name: "health", run: () => watchHealth(target, user, scale) },
];
for (const { name, run } of logins) {
  if (isWanted(name)) for (const finding of await run()) say(finding);
}

for (const fault of faults(scale).filter((it) => isWanted(it.name))) {
  say(await injectFault(target, fault));
}

if (Object.keys(floods).some(isWanted)) {
  await using bystander = await startBystander(target);
  // Attackers have machines of their own: ours must not take the processors from the victims.
  // Last, for a priority can't be raised again by everybody, and what is started inherits it.
  setPriority(constants.priority.PRIORITY_LOW);
  await pause(3_000);
  const calm = await bystander.report();
  process.stdout.write(`a bystander in peace: p99 ${calm.p99.toFixed(0)} ms\n`);
  const victims = Object.values(target.victims);
  for (const [name, flood] of Object.entries(floods).filter(([it]) => isWanted(it))) {
    const before = await Promise.all(victims.map((it) => it.memory()));
    await bystander.report();
    const [{ figure, isMet }] = await Promise.all([flood(target, user, scale), pause(3_000)]);
    const seen = await bystander.report();
    await pause(2_000);
    const after = await Promise.all(victims.map((it) => it.memory()));
    const grown = Math.max(...after.map((bytes, i) => bytes - (before[i] ?? 0)));
    const failures =
      seen.failures.length > 0 ? `, failures: ${seen.failures.slice(0, 3).join("; ")}` : "";
    say({
      what: name,
      figure: `${figure}; a bystander's p99 ${seen.p99.toFixed(0)} ms${failures}; memory ${(grown / 1024 / 1024).toFixed(1)} MB more`,
      goal: `p99 ${bystanderLimitMs} ms, no failure, 20 MB, connections ended`,
      isMet:
        isMet && seen.p99 <= bystanderLimitMs && seen.failures.length === 0 && grown <= memoryLimit,
    });
  }
}

say({
  what: "processes that ended by themselves",
  figure: target.unexpectedEnds.join(", ") || "none",
  goal: "none",
  isMet: target.unexpectedEnds.length === 0,
});
process.stdout.write(`\nthe machine: ${cpuPressure()}\n`);
printFindings(findings);

/** How long others kept us waiting for a processor: times mean little where this is high. */
function cpuPressure(): string {
  try {
    return readFileSync("/proc/pressure/cpu", "utf8").split("\n")[0] ?? "";
  } catch {
    return "its load is not known";
  }
}

process.exitCode = findings.every((it) => it.isMet) ? 0 : 1;
