import { join } from "node:path";
import { commonSettings } from "#common/config.ts";
import { readSettings } from "#common/settings.ts";
import { createServiceTokens, type ServiceTokens } from "#common/tokens/service-token.ts";
import { startSettings } from "#tools/platform/check-settings.ts";
import { readSecret } from "#tools/platform/data-dir.ts";
import { Failure } from "../failure.ts";
import { asFailure } from "./settings.ts";

let tokens: ServiceTokens | undefined;

/**
 * By this an operator is known: who has the secret between services may do what services may.
 * @throws Failure where it isn't at hand
 */
export async function serviceToken(audience: "auth" | "message"): Promise<string> {
  tokens ??= createServiceTokens("cli", asFailure(readServiceSecrets));
  return tokens.issue(audience);
}

/** From the environment, as services read it, or what `npm start` has made up in DATA_DIR. */
function readServiceSecrets(): [string, ...string[]] {
  const { dataDir } = readSettings(startSettings, process.env);
  const file = join(dataDir, "service-secret");
  const secret = process.env.SERVICE_SECRET || readSecret(file);
  if (secret === undefined) {
    throw new Failure("refused", `this is for operators: ${file} isn't there`, {
      hint: "set SERVICE_SECRET to the platform's, or DATA_DIR to where it keeps its data",
    });
  }
  const { serviceSecrets } = readSettings(
    { serviceSecrets: commonSettings.serviceSecrets },
    { SERVICE_SECRET: secret },
  );
  return serviceSecrets;
}
