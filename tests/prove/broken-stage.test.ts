import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseOptions } from "#tools/prove/options.ts";
import { reportOf } from "#tools/prove/report.ts";
import { prove } from "#tools/prove/run.ts";
import { createTestDatabase } from "#tools/rig/database.ts";

test("prove reports a release stage that drops, swaps and doubles messages", async () => {
  await using database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "aetherconnect-prove-test-"));
  try {
    const args = ["--seconds", "3", "--rooms", "1", "--faults", "none", "--no-redis"];
    const options = parseOptions(args);
    assert.ok(options !== "help");
    const result = await prove(
      {
        ...options,
        databaseUrl: database.url,
        messageMain: join(import.meta.dirname, "fixtures/broken-main.ts"),
      },
      dataDir,
      () => {},
    );
    const { verdict } = result;
    assert.equal(verdict.isGood, false);
    // Three rooms at thirteen clients; each misses one, gets one late and one twice.
    const { counts } = verdict;
    assert.equal(counts.undelivered, 39);
    assert.equal(counts.disordered, 39);
    assert.equal(counts.duplicated, 39);
    assert.equal(counts.gap, 78);
    assert.match(reportOf(result), /FAILED: .*not delivered 39/);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
