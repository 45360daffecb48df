/** `npm run check`: everything that can be judged without running the platform. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "#contract/root.ts";

interface Step {
  name: string;
  command: string[];
  /** The command that mends a failure, or where to look. */
  mend: string;
}

const steps: Step[] = [
  {
    name: "format, lint, import boundaries",
    command: ["biome", "ci", "--error-on-warnings", "--colors=off"],
    mend: "npm run fix, and what it leaves by hand",
  },
  { name: "words", command: ["node", "tools/words.ts"], mend: "write what it says instead" },
  {
    name: "types",
    command: ["tsc", "-b", ".", "clients/web", "tests/web"],
    mend: "mend the types; npx tsc -b . clients/web tests/web",
  },
  {
    name: "unused files, exports and dependencies",
    command: ["knip", "--no-progress"],
    mend: "remove what nothing uses; npx knip",
  },
  { name: "contract lint", command: ["buf", "lint"], mend: "mend proto/; npx buf lint" },
  {
    name: "contract against its last release",
    command: ["node", "contract/check.ts"],
    mend: "undo what breaks; npm run contract:check",
  },
  {
    name: "generated files",
    command: ["node", "contract/check-generated.ts"],
    mend: "npm run generate",
  },
];

const failed: Step[] = [];
for (const step of steps) {
  const startedAt = performance.now();
  const { isOk, output } = await run(step.command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${isOk ? "ok    " : "FAILED"}  ${step.name} (${seconds} s)\n`);
  if (!isOk) {
    process.stdout.write(`${output.trimEnd()}\n`);
    failed.push(step);
  }
}
for (const { name, mend } of failed) process.stdout.write(`${name}: ${mend}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;

function run([command = "", ...args]: string[]): Promise<{ isOk: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(ROOT, "node_modules/.bin", command), args, { cwd: ROOT });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", (error) => resolve({ isOk: false, output: error.message }));
    child.on("close", (code) => resolve({ isOk: code === 0, output }));
  });
}
