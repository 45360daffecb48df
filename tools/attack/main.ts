/** `npm run attack`: attacks a platform of its own, and prints what came of it. */
import { readFileSync } from "node:fs";
import { registerApiUser } from "../rig/api.ts";
import { readFlags } from "../rig/flags.ts";
import { timeCuts } from "./cuts.ts";
import { faults } from "./faults.ts";
import { type Finding, insist, printFindings, verdictOf } from "./findings.ts";
import { timeForgeries } from "./forgeries.ts";
import { injectFault } from "./inject-fault.ts";
import { limitsOf } from "./limits.ts";
import { compareTimes, measureLoginRate, rushLogins, watchHealth } from "./logins.ts";
import { runFloods } from "./run-floods.ts";
import { startTarget } from "./target.ts";

const help = `Usage: npm run attack -- [options]

Floods a platform of its own, breaks what it stands on, and asks meanwhile as a user would. Ends
with 1 where a goal is missed. Needs Linux.

  --short         a tenth of everything: judges what breaks, and times loosely
  --only <text>   only what has the text in its name
  --help
`;

const { values } = readFlags({
  options: {
    short: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit();
}
const isShort = values.short;
const scale = isShort ? 0.1 : 1;
const limits = limitsOf(isShort);
const isWanted = (name: string) => name.includes(values.only);
const findings: Finding[] = [];
const say = (finding: Finding) => {
  findings.push(finding);
  const { what, figure } = finding;
  process.stdout.write(`${verdictOf(finding).padEnd(8)}${what}: ${figure}\n`);
};

await using target = await startTarget();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // Again and again, until what was mounted and started is gone.
  process.on(signal, async () => {
    await target[Symbol.asyncDispose]();
    process.exit(130);
  });
}
process.stdout.write(`attacking ${target.gateway}; logs in ${target.logs}\n`);
const user = await registerApiUser(target.gateway);

const measured = [
  { name: "timing", run: async () => [await compareTimes(target, user, scale)] },
  { name: "login rate", run: async () => [await measureLoginRate(target, user, scale)] },
  { name: "health", run: () => watchHealth(target, user, scale) },
  { name: "forgeries", run: async () => [await timeForgeries(target)] },
  { name: "cuts", run: () => timeCuts(target, scale) },
];
for (const { name, run } of measured) {
  if (!isWanted(name)) continue;
  if (isShort) {
    const figure = "a figure of time: judged in the long run only";
    say({ what: name, figure, goal: "", isMet: true, isSkipped: true });
  } else for (const finding of await run()) say(finding);
}

if (isWanted("logins at once")) {
  say(await insist(limits.attempts, () => rushLogins(target, user, limits.answerMs)));
}

for (const fault of faults(target, isShort).filter((it) => isWanted(it.name))) {
  if ("missing" in fault) {
    say({ what: fault.name, figure: fault.missing, goal: "", isMet: true, isSkipped: true });
  } else say(await insist(limits.attempts, () => injectFault(target, fault, limits)));
}

for await (const finding of runFloods({ target, user, isShort, limits, isWanted })) say(finding);

say({
  what: "processes that ended by themselves",
  figure: target.unexpectedEnds.join(", ") || "none",
  goal: "none",
  isMet: target.unexpectedEnds.length === 0,
});
process.stdout.write(`\nthe machine: ${cpuPressure()}\n`);
printFindings(findings);
if (isShort) process.stdout.write(`\n${limits.note}\n`);

/** How long others kept us waiting for a processor: times mean little where this is high. */
function cpuPressure(): string {
  try {
    return readFileSync("/proc/pressure/cpu", "utf8").split("\n")[0] ?? "";
  } catch {
    return "its load is not known";
  }
}

process.exitCode = findings.every((it) => it.isMet) ? 0 : 1;
