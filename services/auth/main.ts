import "#common/environment.ts";
import { runMain } from "#common/lifecycle.ts";
import { parseAuthConfig } from "./config.ts";

await runMain(async () => {
  const config = parseAuthConfig(process.env);
  const { startAuth } = await import("./service.ts");
  return startAuth(config);
});
