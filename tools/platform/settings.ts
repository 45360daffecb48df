import { execFile } from "node:child_process";
import { join } from "node:path";
import { StartError } from "#common/lifecycle.ts";
import type { WebClientAddress } from "./web-client/serve.ts";

export interface StartSettings {
  dataDir: string;
  /** Undefined: DATABASE_URL names a server that runs already. */
  postgresPort?: number | undefined;
  /** SERVICE_SECRET is unset, and this is no production: one is made up. */
  needsSecret: boolean;
  /** Undefined: it is production, where a team's own client is served by its own means. */
  webClient?: WebClientAddress | undefined;
}

/** Checks the settings of all services. @throws StartError with one line that names the bad ones */
export function checkSettings(): Promise<StartSettings> {
  const entry = join(import.meta.dirname, "check-settings.ts");
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry], (error, stdout, stderr) => {
      if (error) reject(new StartError(stderr.trim() || error.message));
      else resolve(JSON.parse(stdout));
    });
  });
}
