import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";

const run = promisify(execFile);
const pages = globSync(join(ROOT, "docs/features/*.md")).sort();
const introduction = pages.find((page) => basename(page) === "README.md") ?? "";

const programOf = (page: string) =>
  [...readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map(([, js]) => js).join("\n");

/** What the comments behind `console.log` say is printed. */
const printsOf = (program: string) =>
  [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = ""]) => text);

describe("the pages of docs/features", async () => {
  const platform = await shared(startPlatform());
  // Where their programs find the packages that they import.
  const cache = join(ROOT, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "features-"));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "people.mjs"), programOf(introduction));

  for (const page of pages.filter((it) => it !== introduction)) {
    test(`${basename(page)}: its examples print what it says`, async () => {
      const program = programOf(page);
      const prints = printsOf(program);
      assert.ok(prints.length > 0, "no example says what it prints");
      const file = join(folder, basename(page).replace(".md", ".mjs"));
      await writeFile(file, program);
      const env = { ...process.env, API_URL: platform.gatewayUrl };
      const { stdout } = await run(process.execPath, [file], { env, timeout: 30_000 });
      assert.deepEqual(stdout.trimEnd().split("\n"), prints);
      assert.ok(readFileSync(introduction, "utf8").includes(`(${basename(page)})`));
    });
  }
});
