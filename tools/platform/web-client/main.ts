/**
 * Builds what browsers get, where it has changed, and sends its folder to the parent. In a process
 * of its own, so that the supervisor doesn't keep in memory what a build needs.
 */
import "#common/environment.ts";
import { StartError } from "#common/lifecycle.ts";
import { buildWebClient, bundleSdk } from "./build.ts";

try {
  await bundleSdk();
  process.send?.({ folder: await buildWebClient((line) => process.stdout.write(`${line}\n`)) });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
process.disconnect?.();
