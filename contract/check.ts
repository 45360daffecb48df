/** `npm run contract:check`: what the contract breaks of the last released one. */

import { BufError } from "./buf.ts";
import { checkContract, report } from "./compare/check.ts";
import { ROOT } from "./root.ts";

try {
  const result = await checkContract(ROOT);
  process.stdout.write(report(result));
  process.exitCode = result.isBreaking ? 1 : 0;
} catch (error) {
  if (!(error instanceof BufError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
