import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import type { BrowserContext, Page } from "playwright-core";
import type { ChatClient, OpenRoom } from "#sdk";
import { launchChromium } from "#tools/rig/browser.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { portOf } from "#tools/rig/ports.ts";
import { startTcpProxy, type TcpProxy } from "#tools/rig/tcp-proxy.ts";
import { newRegistration } from "#tools/rig/users.ts";

/** What pages have as globals. */
declare global {
  var chat: ChatClient;
  var room: OpenRoom;
}

/** The platform, a proxy before its gateway, and a browser with pages that load /sdk.js. */
export interface Stage extends AsyncDisposable {
  platform: Platform;
  proxy: TcpProxy;
  /** A browser of its own, with its own cookies and storage. */
  newContext: () => Promise<BrowserContext>;
  /** A page with a client as `chat`. */
  openPage: (context: BrowserContext) => Promise<Page>;
  /** Signs up on a page. */
  signUp: (page: Page) => Promise<{ id: string; email: string; password: string }>;
}

export async function startStage(): Promise<Stage> {
  await promisify(execFile)(process.execPath, ["clients/sdk/bundle.ts"]);
  await using stack = new AsyncDisposableStack();
  let html = "";
  const server = createServer((_req, res) => {
    res.setHeader("content-type", "text/html").end(html);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  const pageUrl = `http://127.0.0.1:${portOf(server)}`;
  const clientOrigins = [`http://localhost:${portOf(server)}`];
  const unlimited = { socketMessagesPerSecond: 0, handshakesPerMinute: 0, socketsPerUser: 0 };
  const platform = stack.use(
    await startPlatform({
      gateway: { clientOrigins, rateLimitPerMinute: 0 },
      message: { clientOrigins, ...unlimited },
    }),
  );
  const proxy = stack.use(await startTcpProxy(platform.gatewayUrl));
  html = `<!doctype html><title>Chat</title><script type="module">
    import { createClient } from "${platform.gatewayUrl}/sdk.js";
    globalThis.chat = createClient({ url: "${proxy.url}" });
    void chat.auth.start();
  </script>`;
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const running = stack.move();
  return {
    platform,
    proxy,
    newContext: () => browser.newContext(),
    async openPage(context) {
      const page = await context.newPage();
      page.setDefaultTimeout(90_000);
      await page.goto(pageUrl);
      await page.waitForFunction(() => "chat" in globalThis);
      return page;
    },
    async signUp(page) {
      const registration = newRegistration();
      const id = await page.evaluate(async (it) => (await chat.auth.register(it)).id, registration);
      await isLive(page);
      return { id, ...registration };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export async function isLive(page: Page): Promise<void> {
  await page.waitForFunction(() => chat.connection.getSnapshot().state === "live");
}

/** Opens a room as `room`. */
export async function openRoom(page: Page, roomId: string): Promise<void> {
  await page.evaluate((id) => {
    globalThis.room = chat.rooms.get(id);
  }, roomId);
  await page.waitForFunction(() => !room.getSnapshot().isLoading);
}

/** The messages that a page shows of its room. */
export function contentsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => room.getSnapshot().messages.map((it) => it.content));
}

/** Waits until a page has nothing left to send. */
export async function isSent(page: Page): Promise<void> {
  await page.waitForFunction(() => chat.outbox.getSnapshot().length === 0);
}
