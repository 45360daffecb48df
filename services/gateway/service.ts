import { createServer } from "node:http";
import { localUrl } from "#common/config.ts";
import { dropUnread } from "#common/http/drop-unread.ts";
import { asksForWebSocket } from "#common/http/upgrade.ts";
import { listen, type RunningService } from "#common/lifecycle.ts";
import { createApp } from "./app.ts";
import type { GatewayConfig } from "./config.ts";
import { createGatewayContext, type GatewayOverrides } from "./context.ts";
import { createSocketProxy } from "./socket-proxy.ts";

/** A gateway that listens. */
export interface RunningGateway extends RunningService {
  url: string;
}

const drainMs = 5_000;

export async function startGateway(
  config: GatewayConfig,
  overrides?: GatewayOverrides,
): Promise<RunningGateway> {
  const context = createGatewayContext(config, overrides);
  const { closers, operations, log } = context;
  try {
    const app = createApp(context);
    const proxy = createSocketProxy({
      targets: config.messageUrls,
      serviceTokens: context.serviceTokens,
      trustedProxyHops: config.trustedProxyHops,
    });
    const server = createServer({
      maxHeaderSize: 16 * 1024,
      shouldUpgradeCallback: asksForWebSocket,
      headersTimeout: 10_000,
      requestTimeout: 20_000,
      // By itself Node looks for connections over these limits every 30 s only.
      connectionsCheckingInterval: 500,
    });
    server.on("request", (req, res) => {
      // After an upgrade that was passed over the parser doesn't read on.
      if (req.headers.upgrade) res.shouldKeepAlive = false;
      if (proxy.takes(req)) return proxy.handle(req, res);
      dropUnread(res);
      app(req, res);
    });
    server.on("upgrade", (req, socket, head) => {
      // Node listens to it no more: a reset that nobody hears of would end the process.
      socket.on("error", () => socket.destroy());
      if (proxy.takes(req)) proxy.upgrade(req, socket, head);
      else socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    const port = await listen(server, config.port, config.host, "API_GATEWAY_PORT");
    closers.add(async () => {
      operations.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      proxy.close();
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      const hard = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearInterval(idle);
      clearTimeout(hard);
    });
    const url = localUrl(config.host, port);
    log.info({ url }, "gateway ready");
    return { url, urls: [url], [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose]() };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}
