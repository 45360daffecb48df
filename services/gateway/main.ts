import "#common/environment.ts";
import { runMain } from "#common/lifecycle.ts";
import { parseGatewayConfig } from "./config.ts";

await runMain(async () => {
  const config = parseGatewayConfig(process.env);
  const { startGateway } = await import("./service.ts");
  return startGateway(config);
});
