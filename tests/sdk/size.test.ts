import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";
import { ROOT } from "#contract/root.ts";

const mostBytes = 12_000;

test("minified and gzipped it is at most 12 kB, without socket.io-client", async (t) => {
  const { output } = await build({
    input: join(ROOT, "clients/sdk/src/index.ts"),
    external: ["socket.io-client"],
    write: false,
    output: { minify: true, comments: { annotation: false } },
  });
  assert.equal(output.length, 1);
  const bytes = gzipSync(output[0].code).length;
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes > 1_000 && bytes <= mostBytes, `${bytes} bytes`);
});
