/**
 * Writes all that is derived from the contract: `npm run generate`.
 *   --check   writes to a temporary folder and compares, touching nothing
 */
import { readFileSync, writeFileSync } from "node:fs";
import { compareGenerated, runBuf } from "./generate/stubs.ts";
import { ROOT } from "./root.ts";

const accessPage = `${ROOT}/docs/access.md`;
const isCheck = process.argv.includes("--check");
if (isCheck) {
  const stale = (await compareGenerated(ROOT)).map((line) => `gen/${line}`);
  const { accessDocument } = await import("./generate/documents.ts");
  if (readFileSync(accessPage, "utf8") !== accessDocument()) stale.push("docs/access.md differs");
  for (const line of stale) process.stdout.write(`${line}\n`);
  if (stale.length > 0) {
    process.stdout.write("this is not what proto/ gives: run npm run generate and commit it\n");
    process.exitCode = 1;
  }
} else {
  await runBuf(ROOT, ["generate"]);
  // Loaded only now, for it reads the stubs that were just written.
  const { accessDocument, writeDocuments } = await import("./generate/documents.ts");
  writeDocuments(`${ROOT}/gen`);
  writeFileSync(accessPage, accessDocument());
}
