import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { aetherPath } from "./aether.ts";

const scriptOf = (shell: string) =>
  spawnSync(process.execPath, [aetherPath, "completion", shell], { encoding: "utf8" }).stdout;

/** What each shell, which has the script from its input, prints of what may follow a line. */
const asks: Record<string, (line: string) => string> = {
  bash: (line) => `
    COMP_WORDS=(${line} "$LAST"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _aether
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (line) => `
    _describe() { print -l -- "\${(@P)2%%:*}" | grep -- "^$LAST"; }
    words=(${line} "$LAST"); CURRENT=$#words; _aether`,
  fish: (line) => `
    complete -C "${line} $LAST" | string split -f1 \\t`,
};

/** Without what users of this machine have set for themselves. */
const bare: Record<string, string> = { bash: "--norc", zsh: "-f", fish: "--no-config" };

const expected: [line: string, last: string, words: string[]][] = [
  ["aether", "roo", ["rooms"]],
  ["aether rooms", "me", ["members"]],
  ["aether --json rooms", "cre", ["create"]],
  ["aether rooms list", "--pu", ["--public"]],
  ["aether call", "BlockService/L", ["BlockService/ListBlocks"]],
  ["aether events", "read_", ["read_marked"]],
];

for (const [shell, ask] of Object.entries(asks)) {
  const isThere = spawnSync(shell, ["--version"]).status === 0;
  describe(`completion in ${shell}`, { skip: !isThere && `${shell} is not installed` }, () => {
    const script = scriptOf(shell).replace(/^compdef .*$/m, "");
    for (const [line, last, words] of expected) {
      test(`${line} ${last}`, () => {
        const input = `${script}\n${ask(line)}`;
        const { stdout, stderr } = spawnSync(shell, [bare[shell] ?? "", "-c", input], {
          encoding: "utf8",
          env: { PATH: process.env.PATH, LAST: last },
        });
        assert.deepEqual([stdout.trim().split("\n").sort(), stderr], [words, ""]);
      });
    }
  });
}
