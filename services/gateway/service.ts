import { budgets } from "#common/budgets.ts";
import { startHttpServer } from "#common/http/server.ts";
import { localUrl, type RunningService } from "#common/lifecycle.ts";
import { createApp } from "./app.ts";
import type { GatewayConfig } from "./config.ts";
import { createGatewayContext, type GatewayOverrides } from "./context.ts";

/** A gateway that listens. */
export interface RunningGateway extends RunningService {
  url: string;
}

/**
 * Starts the gateway; port 0 lets the system choose.
 * @throws StartError where its port can't be had
 */
export async function startGateway(
  config: GatewayConfig,
  overrides?: GatewayOverrides,
): Promise<RunningGateway> {
  await using starting = new AsyncDisposableStack();
  const context = await createGatewayContext(config, starting, overrides);
  const { operations, sockets, log } = context;
  const http = await startHttpServer({
    port: config.port,
    host: config.host,
    portSetting: "API_GATEWAY_PORT",
    operations,
    log,
    handle: createApp(context),
    sockets,
  });
  starting.defer(async () => {
    const closed = http.close(budgets.drain.gateway);
    sockets.close();
    await closed;
  });
  const url = localUrl(config.host, http.port);
  log.info({ url }, "gateway ready");
  const stack = starting.move();
  return { url, urls: [url], [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
