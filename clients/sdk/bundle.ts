/** Makes bundle/sdk.js, which the gateway serves as /sdk.js: all in one file, for pages without a build. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "rolldown";

const folder = join(import.meta.dirname, "bundle");
const { output } = await build({
  input: join(import.meta.dirname, "src/index.ts"),
  write: false,
  output: { minify: true, comments: { annotation: false } },
});
await mkdir(folder, { recursive: true });
// Whoever reads it meanwhile gets the whole of one or the other.
const unfinished = join(folder, `${process.pid}.js`);
await writeFile(unfinished, output[0].code);
await rename(unfinished, join(folder, "sdk.js"));
