import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./clusters.ts";

const start = join(import.meta.dirname, "..", "..", "tools", "platform", "main.ts");

const bad: readonly (readonly [name: string, env: Record<string, string>, line: string])[] = [
  ["a service's", { LOG_LEVEL: "loud" }, "bad setting: LOG_LEVEL must be one of fatal, error"],
  ["our own", { POSTGRES_PORT: "x" }, "bad setting: POSTGRES_PORT must be a whole number"],
  [
    "one that is needed in production",
    { NODE_ENV: "production" },
    "bad setting: SERVICE_SECRET is needed",
  ],
  [
    "two that can't be together",
    { API_GATEWAY_PORT: "3001" },
    "bad setting: API_GATEWAY_PORT and MESSAGE_SERVICE_HTTP_PORT must differ, both are 3001",
  ],
];

for (const [name, env, line] of bad) {
  test(`a bad setting ends the start with one line that names it: ${name}`, () => {
    using folder = temporaryFolder();
    const DATA_DIR = join(folder.path, ".data");
    const { PATH = "" } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [start], {
      env: { PATH, DATA_DIR, ...env },
      encoding: "utf8",
    });
    assert.equal(stderr.split("\n").length, 2, stderr);
    assert.ok(stderr.startsWith(line), stderr);
    assert.equal(stdout, "");
    assert.equal(status, 1);
    assert.equal(existsSync(DATA_DIR), false, "nothing is written before the settings are checked");
  });
}

test("an unknown flag is refused, and --help says what there is", () => {
  const unknown = spawnSync(process.execPath, [start, "--wach"], { encoding: "utf8" });
  assert.equal(unknown.status, 1);
  assert.equal(unknown.stderr, "unknown flag --wach; npm start -- --help lists them\n");
  const help = spawnSync(process.execPath, [start, "--help"], { encoding: "utf8" });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^Usage: npm start/);
});
