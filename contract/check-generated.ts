/** Whether what is generated is what proto/ gives: generates anew and compares. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBuf } from "./buf.ts";
import { ROOT } from "./root.ts";

const folder = await mkdtemp(join(tmpdir(), "aetherconnect-gen-"));
try {
  await runBuf(ROOT, ["generate", "--output", folder]);
  const stale: string[] = [];
  for (const out of ["gen", "clients/sdk/src/gen", "packages/rpc/src/gen"]) {
    const expected = await readTree(join(folder, out));
    const found = await readTree(join(ROOT, out));
    for (const name of new Set([...expected.keys(), ...found.keys()])) {
      if (!found.has(name)) stale.push(`${out}/${name} is missing`);
      else if (!expected.has(name)) stale.push(`${out}/${name} is of nothing in proto/`);
      else if (found.get(name) !== expected.get(name)) stale.push(`${out}/${name} differs`);
    }
  }
  if (stale.length > 0) {
    process.stdout.write(`${stale.join("\n")}\nrun npm run generate and commit what it writes\n`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}

async function readTree(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return new Map(files.map((file, i) => [file.slice(folder.length + 1), texts[i] ?? ""]));
}
