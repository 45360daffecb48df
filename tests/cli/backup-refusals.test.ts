import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { createTestDatabase } from "#tools/rig/database.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { createAether, settingsOf } from "./aether.ts";

const platform = await shared(startPlatform());
const aether = await shared(createAether(platform));
const folder = await mkdtemp(join(tmpdir(), "backup-"));
after(() => rm(folder, { recursive: true }));
const run = (args: string[], databaseUrl: string) =>
  aether.run(args, { env: { ...settingsOf(platform), DATABASE_URL: databaseUrl } });
const backup = join(folder, "whole");
assert.equal((await run(["backup", backup], platform.database.url)).code, 0);

/** Changes a copy of the backup. */
async function spoiled(change: (copy: string) => Promise<void>): Promise<string> {
  const copy = await mkdtemp(join(folder, "copy-"));
  await cp(backup, copy, { recursive: true });
  await change(copy);
  return copy;
}

const editManifest = (copy: string, edit: (text: string) => string) =>
  readFile(join(copy, "manifest.json"), "utf8").then((text) =>
    writeFile(join(copy, "manifest.json"), edit(text)),
  );

describe("a backup", () => {
  const refusals: [string, RegExp, (copy: string) => Promise<void>][] = [
    ["has lost a file", /can't be read/, (copy) => rm(join(copy, "message.rooms.copy.gz"))],
    [
      "has a file cut short",
      /can't be read/,
      (copy) => truncate(join(copy, "auth.signing_keys.copy.gz"), 30),
    ],
    [
      "says something else than its files",
      /isn't as it was written/,
      (copy) => editManifest(copy, (text) => text.replace(/"rows": \d+/, '"rows": 99999')),
    ],
    ["has no manifest", /holds no whole backup/, (copy) => rm(join(copy, "manifest.json"))],
    [
      "has a manifest of something else",
      /isn't as a backup writes it/,
      (copy) => writeFile(join(copy, "manifest.json"), "{}"),
    ],
    [
      "is of a newer contract",
      /is of contract 99\.0\.0, and this release knows/,
      (copy) =>
        editManifest(copy, (text) => text.replace(/"contract": "[^"]*"/, '"contract": "99.0.0"')),
    ],
    [
      "has tables of a newer release",
      /not 9999_future/,
      (copy) => editManifest(copy, (text) => text.replace('"auth": [', '"auth": ["9999_future",')),
    ],
  ];
  for (const [what, reason, change] of refusals) {
    test(`that ${what} is refused, and nothing is touched`, async () => {
      await using database = await createTestDatabase();
      const copy = await spoiled(change);
      const { code, stderr } = await run(["restore", copy], database.url);
      assert.equal(code, 1);
      assert.match(stderr, reason);
      const schemas = "select from pg_namespace where nspname in ('auth', 'message')";
      assert.deepEqual(await database.query(schemas), []);
    });
  }
});
