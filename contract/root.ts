import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of package.json. */
export const ROOT = join(import.meta.dirname, "..");

/** The version of the contract's last release. */
export const CONTRACT_VERSION = readFileSync(join(ROOT, "contract/RELEASED"), "utf8").trim();
