import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { createTestLog } from "#tools/rig/log.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { portOf } from "#tools/rig/ports.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";

const platform = await shared(startPlatform({ instances: 2 }));
const [first = "", second = ""] = platform.messageUrls;
const nobody = "http://127.0.0.1:9";

async function healthOf(url: string) {
  const { code, status, dependencies } = await dependenciesOf(url);
  return { code, status, message: dependencies.message };
}

async function dependenciesOf(url: string) {
  const answer = await fetch(`${url}/health/ready`);
  const { status, dependencies } = JSON.parse(await answer.text());
  return { code: answer.status, status, dependencies };
}

const up = { code: 200, status: "ok", message: "up" };
const partly = { code: 200, status: "degraded", message: "down" };
const down = { code: 503, status: "unavailable", message: "down" };

describe("the gateway is ready while it reaches what it passes on, in the way it does", () => {
  const cases: [string, string[], object][] = [
    ["both instances", [first, second], up],
    ["one of two", [first, nobody], partly],
    ["none of two", [nobody, nobody], down],
    ["by a scheme that isn't theirs", [first.replace("http", "https")], down],
    ["at an address where they don't listen", [first.replace("127.0.0.1", "[::1]")], down],
    ["at another service's port", [platform.authUrl], down],
    ["at an RPC port", [platform.messageRpcUrl], down],
  ];
  for (const [name, messageUrls, expected] of cases) {
    test(name, async () => {
      await using gateway = await platform.startGateway({ messageUrls });
      assert.deepEqual(await healthOf(gateway.url), expected);
    });
  }

  test("where another server answers, or one hangs", async () => {
    const other = createServer((_req, res) => res.end("welcome")).listen(0, "127.0.0.1");
    await once(other, "listening");
    await using hung = await startTcpProxy(first);
    hung.freeze();
    for (const url of [`http://127.0.0.1:${portOf(other)}`, hung.url]) {
      await using gateway = await platform.startGateway({ messageUrls: [url] });
      assert.deepEqual(await healthOf(gateway.url), down);
    }
    await once(other.close(), "close");
  });

  const withoutAuth = {
    code: 503,
    status: "unavailable",
    dependencies: { auth: "down", message: "up" },
  };

  test("not where the auth service doesn't know its secret, which the log says once", async () => {
    using recording = createTestLog("gateway");
    const { log, text } = recording;
    const secret: [string] = ["x".repeat(32)];
    await using gateway = await platform.startGateway({ serviceSecrets: secret }, { log });
    while ((await dependenciesOf(gateway.url)).code !== 503);
    assert.deepEqual(await dependenciesOf(gateway.url), withoutAuth);
    assert.equal(text().split("auth doesn't know this service").length, 2, text());
  });

  test("nor where another service is at the address of auth or of message", async () => {
    const { messageRpcUrl, authRpcUrl } = platform;
    await using lost = await platform.startGateway({ authUrl: messageRpcUrl });
    assert.deepEqual(await dependenciesOf(lost.url), withoutAuth);
    await using other = await platform.startGateway({ messageRpcUrls: [authRpcUrl] });
    assert.deepEqual(await healthOf(other.url), down);
  });

  test("and by RPC", async () => {
    const unreached = { messageRpcUrls: [nobody], messageUrls: [first] };
    await using gateway = await platform.startGateway(unreached);
    assert.deepEqual(await healthOf(gateway.url), down);
  });

  test("and is again when it comes back", async () => {
    await using lone = await startPlatform();
    assert.deepEqual(await healthOf(lone.gatewayUrl), up);
    await lone.message.stop();
    while ((await healthOf(lone.gatewayUrl)).code !== 503);
    await lone.message.start();
    while ((await healthOf(lone.gatewayUrl)).code !== 200);
  });
});
