import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildWebClient } from "#tools/platform/web-client/build.ts";

const mostBytes = 200_000;

test("all scripts of the web client together are at most 200 kB, gzipped", async (t) => {
  const folder = join(await buildWebClient(() => {}), "assets");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const sizes = scripts.map((name) => gzipSync(readFileSync(join(folder, name))).length);
  const sum = sizes.reduce((a, b) => a + b, 0);
  t.diagnostic(`${(sum / 1_000).toFixed(1)} kB`);
  assert.ok(scripts.length > 1 && sum <= mostBytes, `${sum} bytes`);
});
