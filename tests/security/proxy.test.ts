import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { openRaw, upgradeRequest } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

/** Sends bytes to the gateway; answers what comes back until the connection ends or is silent. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = openRaw(platform.gatewayUrl);
    let answer = "";
    // The first answer may take a while on a busy machine.
    socket.setEncoding("latin1").setTimeout(3_000);
    socket.on("data", (data) => {
      answer += data;
      socket.setTimeout(300);
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

/** Reaches Socket.IO, and leaves no session behind. */
const handshake = "/socket.io/?EIO=4&transport=none";

describe("the way to Socket.IO leads nowhere else", () => {
  for (const path of [
    "/socket.io/../metrics",
    "/socket.io/..\\metrics",
    "/socket.io/%2e%2e/metrics",
    "/socket.io/./../metrics",
    "/socket.io/../health",
    "/socket.io//../../metrics",
  ]) {
    test(path, async () => {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      assert.doesNotMatch(answer, /aetherconnect_|"dependencies"/);
    });
  }

  test("an absolute URL doesn't make a proxy for anybody", async () => {
    const answer = await raw(
      `GET http://127.0.0.1:1/socket.io/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 404 /);
  });
});

describe("an upgrade that goes wrong ends its own connection alone", () => {
  const webSocket = "/socket.io/?EIO=4&transport=websocket";
  // In a process of its own each of these would end the gateway.
  const uncaught: Error[] = [];
  const note = (error: Error) => uncaught.push(error);
  before(() => process.on("uncaughtException", note));
  after(() => process.off("uncaughtException", note));
  const alive = async () => {
    assert.equal((await fetch(`${platform.gatewayUrl}/health`)).status, 200);
    assert.deepEqual(uncaught, []);
  };

  for (const path of ["/", webSocket, `${webSocket}&sid=i99_x`]) {
    test(`reset while it is judged: ${path}`, async () => {
      await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const socket = openRaw(platform.gatewayUrl);
          await once(socket, "connect");
          socket.write(upgradeRequest(path), () => {
            if (i % 2) socket.resetAndDestroy();
            else setImmediate(() => socket.resetAndDestroy());
          });
          await once(socket, "close");
        }),
      );
      await alive();
    });
  }

  test("headers that Node would act upon instead of passing them on", async () => {
    const there = new URL(platform.messageUrl);
    // One instance is away: the next attempt begins out of an event.
    await using gateway = await startPlatform({
      gateway: { messageUrls: ["http://127.0.0.1:9", there.origin] },
    });
    for (const header of ["Trailer: x", "Expect: 100-continue", "TE: trailers", "Keep-Alive: x"]) {
      for (let attempt = 0; attempt < 2; attempt++) {
        const socket = openRaw(gateway.gatewayUrl);
        socket.write(upgradeRequest(webSocket, `${header}\r\n`));
        const [answer]: Buffer[] = await once(socket, "data");
        assert.match(String(answer), /^HTTP\/1\.1 (101|4\d\d|503) /, header);
        socket.destroy();
      }
    }
    await alive();
  });
});

describe("requests of one client stay out of another's", () => {
  test("a body that a GET announces and doesn't send takes nothing from the next", async () => {
    for (const length of [1, 40, 120, 400]) {
      const first = raw(
        `GET ${handshake} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`,
      );
      assert.match(await first, /Transport unknown/);
      for (let i = 0; i < 3; i++) {
        const next = await fetch(`${platform.gatewayUrl}${handshake}`);
        assert.match(await next.text(), /Transport unknown/, `after a length of ${length}`);
      }
    }
    const user = await registerUser(platform);
    const socket = await connectSocket(platform.gatewayUrl, user, { transports: ["polling"] });
    socket.disconnect();
  });

  test("two lengths, and a length beside chunks, are refused", async () => {
    for (const headers of [
      "Content-Length: 5\r\nContent-Length: 6",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding : chunked",
    ]) {
      const answer = await raw(
        `POST /api/auth/login HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 400 /, headers);
      assert.doesNotMatch(answer, /"dependencies"/, headers);
    }
  });

  test("a client can't say whose handshake it is", async () => {
    await using limited = await startPlatform({ message: { handshakesPerMinute: 3 } });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const base = i % 2 ? limited.gatewayUrl : limited.messageUrl;
      const headers = { "x-client-address": `198.51.100.${i}`, "x-forwarded-for": "198.51.100.9" };
      const answer = await fetch(`${base}${handshake}`, { headers });
      statuses.push(answer.status);
      await answer.text();
    }
    assert.deepEqual(statuses, [400, 400, 400, 429, 429, 429, 429, 429]);
  });
});
