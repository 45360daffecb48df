import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { ROOT } from "#contract/root.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { assertPrints, runBlocks, triedBlocks } from "./guide-blocks.ts";

const platform = await shared(startPlatform());
const folder = await mkdtemp(join(tmpdir(), "guide-"));
after(() => rm(folder, { recursive: true }));
symlinkSync(join(ROOT, "clients/cli/aether.cjs"), join(folder, "aether"));

test("every block of the guide to the command line does what it says", async () => {
  const blocks = triedBlocks(readFileSync(join(ROOT, "docs/guides/cli.md"), "utf8"));
  assert.ok(blocks.length >= 6);
  const printed = await runBlocks(blocks, folder, {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    XDG_CONFIG_HOME: join(folder, "config"),
    AETHER_AUTH_URL: platform.authRpcUrl,
    AETHER_MESSAGE_URL: platform.messageRpcUrl,
    SERVICE_SECRET: platform.serviceSecret,
  });
  for (const [i, { shown, script }] of blocks.entries()) {
    assert.ok(shown, `it isn't said what is printed by ${script}`);
    assertPrints(printed[i] ?? "", shown);
  }
});
