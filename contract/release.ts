/** `npm run contract:release -- 1.2.0`: makes the contract the baseline of contract:check. */

import { BufError, runBuf } from "./buf.ts";
import { ReleaseError, releaseContract } from "./compare/release.ts";
import { ROOT } from "./root.ts";

const [version] = process.argv.slice(2);
try {
  if (version === undefined) throw new ReleaseError("usage: npm run contract:release -- 1.2.0");
  await releaseContract(ROOT, version);
  // The documents name the version.
  await runBuf(ROOT, ["generate"]);
  process.stdout.write(`contract ${version} is released: commit contract/ and gen/ alone\n`);
} catch (error) {
  if (!(error instanceof ReleaseError || error instanceof BufError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
