import "#common/environment.ts";
import { runMain } from "#common/lifecycle.ts";
import { parseMessageConfig } from "./config.ts";

await runMain(async () => {
  const config = parseMessageConfig(process.env);
  const { startMessage } = await import("./service.ts");
  return startMessage(config);
});
