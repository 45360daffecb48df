import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { ROOT } from "#contract/root.ts";

const { scripts }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);
const ours = Object.entries(scripts).filter(([, command]) => /\bnode\b.*\.ts\b/.test(command));

/** A Node that knows nothing of our syntax, as an install without scripts leaves one with. */
const oldNode = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => ({ folder, asked: spawnSync(join(folder, "node"), ["--version"]) }))
  .find(({ asked }) => Number(/^v(\d+)/.exec(`${asked.stdout}`)?.[1] ?? 99) < 24);

test("every script that runs our code does so behind the check of Node's version", () => {
  assert.ok(ours.length >= 8);
  for (const [name, command] of ours) {
    assert.match(command, /\bnode --require \.\/tools\/require-node\.cjs \S+\.ts\b/, name);
  }
});

test("an older Node ends every script with one line that says what to do", {
  skip: !oldNode && "there is no older Node on the PATH",
}, () => {
  for (const [name, command] of ours) {
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
      cwd: ROOT,
      env: { PATH: `${oldNode?.folder}${delimiter}${process.env.PATH}` },
      encoding: "utf8",
    });
    assert.equal(status, 1, name);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^Node\.js 24\.7 is needed, and this is \d+\.\d+\.\d+: npm rebuild node .*\n$/,
    );
  }
});
