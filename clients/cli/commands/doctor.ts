import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { Failure } from "../failure.ts";
import { createOutput } from "../output.ts";
import type { Group } from "../root-command.ts";
import { bold, dim, plain } from "../text.ts";

const about = `
It reads the settings that npm start reads, from the environment, and looks at each port, the clocks, the contract that
each service speaks, the secret between services, the databases and what migrations have made of them, Redis, the disk,
and the certificates of the origins. It changes nothing. It ends with 1 where it finds a problem.

Examples:
  aether doctor
  DATABASE_URL=postgres://… SERVICE_SECRET=… aether doctor
  aether doctor --json | jq 'select(.level != "ok")'
`;

const marks: Record<Finding["level"], string> = { ok: "ok", warning: "warn", problem: "FAIL" };

export function define(command: Group): void {
  command
    .description("Finds what is wrong with the platform of this machine, and says what to do.")
    .addHelpText("after", about)
    .action(async (_options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      let problems = 0;
      for await (const finding of examine(process.env)) {
        if (finding.level === "problem") problems++;
        await output.print(linesOf(finding), { ...finding });
      }
      if (problems === 0) return output.note("nothing is wrong");
      throw new Failure("refused", problems === 1 ? "1 problem" : `${problems} problems`);
    });
}

function linesOf({ about, level, text, todo }: Finding): string {
  const mark = marks[level].padEnd(4);
  const line = `${level === "ok" ? dim(mark) : bold(mark)}  ${plain(about)}: ${plain(text)}`;
  return todo === null ? line : `${line}\n      ${plain(todo)}`;
}
