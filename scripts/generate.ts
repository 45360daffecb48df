/**
 * Writes all that is derived from the contract: `npm run generate`.
 *   --check   writes to a temporary folder and compares, touching nothing
 */
import { ROOT } from "./generate/root.ts";
import { compareGenerated, runBuf } from "./generate/stubs.ts";

const isCheck = process.argv.includes("--check");
if (isCheck) {
  const stale = await compareGenerated(ROOT);
  for (const line of stale) process.stdout.write(`gen/${line}\n`);
  if (stale.length > 0) {
    process.stdout.write("gen/ is not what proto/ gives: run npm run generate and commit it\n");
    process.exitCode = 1;
  }
} else {
  await runBuf(ROOT, ["generate"]);
  // Loaded only now, for it reads the stubs that were just written.
  const { writeDocuments } = await import("./generate/documents.ts");
  writeDocuments(`${ROOT}/gen`);
}
