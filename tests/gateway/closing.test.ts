import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { portOf } from "#tools/rig/ports.ts";
import { openRaw, upgradeRequest } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";

const platform = await shared(startPlatform());

test("a gateway that closes while a WebSocket is being opened ends it, and is closed", async () => {
  const instance = createServer().listen(0, "127.0.0.1");
  await once(instance, "listening");
  const asked = once(instance, "upgrade");
  const messageUrls = [`http://127.0.0.1:${portOf(instance)}`];
  const gateway = await platform.startGateway({ messageUrls });
  const socket = openRaw(gateway.url);
  const ended = once(socket, "close");
  socket.write(upgradeRequest());
  const [, upstream] = await asked;
  const closed = gateway[Symbol.asyncDispose]();
  upstream.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
  );
  await Promise.all([closed, ended]);
  upstream.destroy();
  await once(instance.close(), "close");
});
