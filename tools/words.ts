/** Words that the project's texts don't use, each with what to write in its place. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ROOT } from "#contract/root.ts";

const words: [RegExp, string][] = [
  [/\b(he|him|his|himself|she|her|hers)\b/i, "they"],
  [/\b(patience|patienceMs)\b/i, "timeout, deadline or grace"],
  [/\bstrangers?\b/i, "who isn't a member, who isn't signed in"],
  [/\brivals?\b/i, "another instance"],
  [/\b(told|tell)(Ms|At)?\s*[=(:]/, "notify, notified"],
];
/** This list itself, what is generated, and what others have written. */
const others =
  /^(tools\/words\.ts|LICENSE|package-lock\.json)$|(^|\/)(gen|LICENSE)(\/|$)|\.(binpb|png)$/;

const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).split("\n");
for (const file of files.filter((it) => it && !others.test(it))) {
  for (const [i, line] of readFileSync(`${ROOT}/${file}`, "utf8").split("\n").entries()) {
    for (const [word, instead] of words) {
      const [found] = word.exec(line) ?? [];
      if (!found) continue;
      process.stdout.write(`${file}:${i + 1}: "${found}": write ${instead}\n`);
      process.exitCode = 1;
    }
  }
}
