import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { connectSocket } from "../harness/sockets.ts";
import { registerUser } from "../harness/users.ts";

let platform: Platform;
before(async () => {
  platform = await startPlatform();
});
after(() => platform[Symbol.asyncDispose]());

/** Sends bytes to the gateway; answers what comes back until the connection ends or is silent. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(platform.gatewayUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("latin1").setTimeout(300);
    socket.on("data", (data) => {
      answer += data;
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
