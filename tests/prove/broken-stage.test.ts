import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseOptions } from "#tools/prove/options.ts";
import { reportOf } from "#tools/prove/report.ts";
import { prove } from "#tools/prove/run.ts";
import { createTestDatabase } from "#tools/rig/database.ts";

test("prove reports a release stage that loses, swaps and doubles what it carries", async () => {
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
    // Three rooms, besides direct ones, at nine plain clients; each misses one message, gets one late
    // and one twice. The SDK joins anew where it misses something.
    const { counts } = verdict;
    for (const violation of ["undelivered", "disordered", "duplicated"] as const) {
      assert.ok((counts[violation] ?? 0) >= 27, `${violation} ${counts[violation]}`);
    }
    const { staleContent = 0, staleReactions = 0 } = counts;
    assert.ok(staleContent > 0, "lost revisions");
    assert.ok(staleReactions > 0, "reactions as they were before");
    assert.ok(counts.missedRoom, "direct rooms that weren't heard of");
    assert.ok(counts.wrongRead, "marks that didn't come to other devices");
    assert.ok(counts.wrongUnread, "so that they count wrongly");
    assert.match(reportOf(result), /FAILED: .*not delivered \d+.*content is stale \d+/);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
