import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkContract, report } from "#contract/compare/check.ts";
import { formatFinding } from "#contract/compare/finding.ts";
import { readReleased } from "#contract/compare/image.ts";
import { ReleaseError, releaseContract } from "#contract/compare/release.ts";
import { breakingEdits, type Edit } from "./breaking-edits.ts";
import { harmlessEdits } from "./harmless-edits.ts";

const root = join(import.meta.dirname, "../..");
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "aetherconnect-contract-"));
  await cp(join(root, "buf.yaml"), join(folder, "buf.yaml"));
  await restore();
});
after(() => rm(folder, { recursive: true }));

test("before the first release everything passes", async () => {
  const result = await checkContract(folder);
  assert.equal(report(result), "no contract released\n");
  assert.equal(result.isBreaking, false);
});

test("a release needs an entry in the changelog and a version", async () => {
  await assert.rejects(releaseContract(folder, "1.0.0"), refusal(/CHANGELOG\.md has no entry/));
  await assert.rejects(releaseContract(folder, "1.0"), refusal(/is no version/));
  await writeFile(join(folder, "CHANGELOG.md"), "# Changelog\n\n## 1.0.0\n\n- First.\n");
  await releaseContract(folder, "1.0.0");
  assert.equal((await readReleased(folder))?.version, "1.0.0");
});

test("an unchanged contract passes without a finding", async () => {
  const result = await checkContract(folder);
  assert.deepEqual(result.findings, []);
  assert.equal(report(result), "the contract is 1.0.0\n");
});

test("one break of each kind is named, old and new", async (t) => {
  await apply(breakingEdits);
  const { findings, isBreaking } = await checkContract(folder);
  assert.ok(isBreaking);
  const lines = findings.map(formatFinding);
  for (const { kind, finding } of breakingEdits) {
    await t.test(kind, () => {
      assert.ok(
        lines.some((line) => finding.test(line)),
        `no finding ${finding} in:\n${lines.join("\n")}`,
      );
    });
  }
});

test("what breaks is released as a major version only, and free of lint errors", async () => {
  const log = "## 2.0.0\n\n## [1.1.0] - 2026-01-01\n\n## 1.0.0\n";
  await writeFile(join(folder, "CHANGELOG.md"), log);
  await assert.rejects(releaseContract(folder, "1.0.0"), refusal(/is not higher than 1\.0\.0/));
  await apply(breakingEdits.filter((it) => it.kind === "text"));
  await assert.rejects(releaseContract(folder, "1.1.0"), refusal(/needs a new major version/));
  const room = join(folder, "proto/aetherconnect/message/v1/room.proto");
  await writeFile(room, (await readFile(room, "utf8")).replace("// A room.\n", ""));
  await assert.rejects(releaseContract(folder, "2.0.0"), refusal(/has lint errors/));
});

test("additions and loosened limits pass, and are listed", async () => {
  await apply(harmlessEdits);
  const result = await checkContract(folder);
  const lines = result.findings.map(formatFinding);
  assert.equal(result.isBreaking, false, lines.join("\n"));
  for (const { finding } of harmlessEdits) {
    assert.ok(
      lines.some((line) => finding.test(line)),
      `no finding ${finding} in:\n${lines.join("\n")}`,
    );
  }
  assert.match(report(result), /the contract keeps 1\.0\.0, and says more\n$/);
  await releaseContract(folder, "1.1.0");
  assert.equal((await readReleased(folder))?.version, "1.1.0");
});

test("a release without any failures is not compared as if it promised none", async () => {
  await restore();
  const undeclared =
    /^ *option \(aetherconnect\.options\.v1\.fails\) = \w+;\n|^ *fails: \[[^\]]*\]\n|^ *must_join: true\n/gm;
  let count = 0;
  for (const path of globSync(join(folder, "proto/**/*.proto"))) {
    const text = await readFile(path, "utf8");
    const without = text.replaceAll(undeclared, "");
    if (without !== text) count++;
    await writeFile(path, without);
  }
  assert.ok(count >= 4, `only ${count} files declare failures`);
  await writeFile(join(folder, "CHANGELOG.md"), "## 2.0.0\n");
  await releaseContract(folder, "2.0.0");
  await restore();
  assert.deepEqual((await checkContract(folder)).findings, []);
});

function refusal(pattern: RegExp) {
  return (error: unknown) => error instanceof ReleaseError && pattern.test(error.message);
}

async function restore(): Promise<void> {
  await rm(join(folder, "proto"), { recursive: true, force: true });
  await cp(join(root, "proto"), join(folder, "proto"), { recursive: true });
}

/** Applies edits to a fresh copy of the contract. */
async function apply(edits: readonly Edit[]): Promise<void> {
  await restore();
  for (const { kind, file, from, to } of edits) {
    const path = join(folder, "proto", file);
    const text = await readFile(path, "utf8");
    assert.ok(text.includes(from), `${kind}: ${file} has no such text any more`);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
  }
}
