import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, test } from "node:test";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { openRaw } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { startServices } from "./harness/services.ts";

const services = await shared(
  startServices({ handshakesPerMinute: 1_000, publicOrigin: "http://localhost:3000" }),
);

/** Status and body of a Socket.IO handshake by polling. */
async function handshake(headers: Record<string, string>, base = services.message.httpUrl) {
  const response = await fetch(`${base}/socket.io/?EIO=4&transport=polling`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("handshakes", () => {
  test("follow the Origin rule", async () => {
    const own = [
      { origin: "http://localhost:3004" },
      { origin: "http://127.0.0.1:3004" },
      { origin: "http://[::1]:3004" },
      { origin: "http://localhost:3000" },
      { "sec-fetch-site": "same-origin" },
      {},
    ];
    for (const headers of own) assert.equal((await handshake(headers)).status, 200);
    const foreign = [
      { origin: "null" },
      { origin: "https://evil.example" },
      { origin: "http://localhost:3005" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) {
      const refused = await handshake({ ...headers, "x-request-id": "r-1" });
      assert.equal(refused.status, 403);
      assert.deepEqual(JSON.parse(refused.text), {
        success: false,
        statusCode: 403,
        message: "Origin not allowed (CLIENT_ORIGINS)",
        code: "ORIGIN_FORBIDDEN",
        requestId: "r-1",
      });
    }
    assert.equal(await upgradeStatus({ origin: "https://evil.example" }), 403);
    assert.equal(await upgradeStatus({ origin: "http://localhost:3004" }), 101);
  });

  test("are limited by client; the gateway says whose they are", async () => {
    await using limited = await services.startAnother({ handshakesPerMinute: 3 });
    for (let i = 0; i < 3; i++) assert.equal((await handshake({}, limited.httpUrl)).status, 200);
    const refused = await handshake({}, limited.httpUrl);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.equal(JSON.parse(refused.text).message, "Too many requests");
    const token = await createServiceTokens("gateway", [services.serviceSecret]).issue("message");
    const named = { authorization: `Bearer ${token}`, "x-client-address": "192.0.2.7" };
    assert.equal((await handshake(named, limited.httpUrl)).status, 200);
    const invented = { authorization: "Bearer nonsense", "x-client-address": "192.0.2.8" };
    assert.equal((await handshake(invented, limited.httpUrl)).status, 429);
  });

  test("are counted whatever stands in the place of a session id", async () => {
    await using limited = await services.startAnother({ handshakesPerMinute: 3 });
    const ask = async (query: string) => {
      const url = `${limited.httpUrl}/socket.io/?EIO=4&transport=polling${query}`;
      return (await fetch(url)).status;
    };
    const statuses = [];
    for (const query of ["&sid=", "&sid=x&sid=", "&x=&sid", "&sid="]) {
      statuses.push(await ask(query));
    }
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal(await ask("&sid=&sid=unknown"), 400, "a session's further request");
  });

  test("that don't come to an end are closed", async () => {
    const socket = openRaw(services.message.httpUrl);
    socket.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\n");
    const ws = new WebSocket(
      `${services.message.httpUrl.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
    );
    await Promise.all([once(socket, "close"), once(ws, "close")]);
  });
});

function upgradeStatus(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const req = request(`${services.message.httpUrl}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
        ...headers,
      },
    });
    req.on("response", (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on("upgrade", (res, socket) => {
      socket.destroy();
      resolve(res.statusCode);
    });
    req.on("error", reject);
    req.end();
  });
}
