import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A block of shell that a guide wants tried, and what it says is printed, if it says so. */
export interface GuideBlock {
  script: string;
  shown: string | undefined;
}

/** The blocks of a page that begin with "```sh try". */
export function triedBlocks(page: string): GuideBlock[] {
  const blocks = page.matchAll(/^```sh try\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?/gms);
  return [...blocks].map(([, script = "", shown]) => ({ script, shown }));
}

/** Runs the blocks one after the other in one shell, in a folder; answers what each has printed. */
export async function runBlocks(
  blocks: readonly GuideBlock[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const separator = "\u001e";
  const script = blocks.map((it) => `${it.script}\nprintf '${separator}'\n`).join("");
  const { stdout } = await run("bash", ["-euc", script], { cwd, env });
  return stdout.split(separator).slice(0, -1);
}

/** Columns may be wider than shown; "…" stands for whatever there is, a line of it for some lines. */
export function assertPrints(printed: string, shown: string): void {
  const lines = printed.trimEnd().split("\n");
  let at = 0;
  let isSkipping = false;
  for (const expected of shown.trimEnd().split("\n")) {
    if (expected.trim() === "…") {
      at++;
      isSkipping = true;
      continue;
    }
    const pattern = patternOf(expected);
    while (isSkipping && at < lines.length && !pattern.test(lines[at] ?? "")) at++;
    assert.match(lines[at] ?? "(the end)", pattern, printed);
    at++;
    isSkipping = false;
  }
  if (!isSkipping) assert.equal(lines.length, at, `more was printed: ${printed}`);
}

function patternOf(line: string): RegExp {
  const parts = line.trim().split(/(\s+|…)/);
  const texts = parts.map((part) => {
    if (part === "…") return ".*";
    return /^\s+$/.test(part) ? " +" : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^\\s*${texts.join("")}\\s*$`);
}
