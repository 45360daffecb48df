import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";

async function run(file: string, ...args: string[]) {
  const child = spawn(process.execPath, [file, ...args]);
  const [out, err] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code: child.exitCode, out, err };
}

for (const file of [
  "bench/main.ts",
  "tools/attack/main.ts",
  "tools/prove/main.ts",
  "tools/test.ts",
]) {
  test(`${file} explains itself, and what can't be used`, async () => {
    const help = await run(file, "--help");
    assert.deepEqual([help.code, help.err], [0, ""]);
    assert.match(help.out, /^Usage: npm (run \w+|test)/);
    const wrong = await run(file, "--nope");
    assert.equal(wrong.code, 2);
    assert.doesNotMatch(wrong.err, /\n.*\n|ERR_/);
    assert.match(wrong.err, /--nope.*--help/);
  });
}
