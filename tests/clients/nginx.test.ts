import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startNginx, withoutNginx } from "#tools/rig/nginx.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { newSocket, next } from "#tools/rig/sockets.ts";
import { newRegistration } from "#tools/rig/users.ts";

const platform = await shared(
  startPlatform({ instances: 2, gateway: { trustedProxyHops: 1, rateLimitPerMinute: 600 } }),
);
const gateway = platform.gatewayUrl;

const forwarded = `
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;`;
const upgrading = `
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;`;

interface Setup {
  name: string;
  server: string;
  /** Below which everything is found. */
  base?: string;
  transports: string[];
}

const setups: Setup[] = [
  {
    name: "as its manual says",
    server: `location / { proxy_pass ${gateway}; ${forwarded} ${upgrading} }`,
    transports: ["polling", "websocket"],
  },
  {
    name: "without buffering",
    server: `location / {
      proxy_pass ${gateway}; ${forwarded} ${upgrading}
      proxy_buffering off; proxy_request_buffering off;
    }`,
    transports: ["polling", "websocket"],
  },
  {
    name: "with buffers smaller than an answer",
    server: `location / {
      proxy_pass ${gateway}; ${forwarded} ${upgrading}
      proxy_buffers 2 4k; proxy_buffer_size 4k; proxy_busy_buffers_size 4k;
    }`,
    transports: ["polling", "websocket"],
  },
  {
    name: "by HTTP/1.0, which nginx speaks if it isn't told otherwise",
    server: `location / { proxy_pass ${gateway}; }`,
    transports: ["polling"],
  },
  {
    name: "below a path",
    server: `location /chat/ { proxy_pass ${gateway}/; ${forwarded} ${upgrading} }`,
    base: "/chat",
    transports: ["polling", "websocket"],
  },
];

describe("behind nginx", { skip: withoutNginx }, () => {
  for (const { name, server, base = "", transports } of setups) {
    test(`${name}: REST and Socket.IO by ${transports.join(" and ")}`, async () => {
      await using nginx = await startNginx(server);
      const answered = (path: string, init: RequestInit) =>
        fetch(`${nginx.url}${base}${path}`, init);
      const registration = newRegistration();
      const headers = { "content-type": "application/json" };
      const registered = await answered("/api/auth/register", {
        method: "POST",
        headers,
        body: JSON.stringify(registration),
      });
      assert.equal(registered.status, 201);
      assert.equal(registered.headers.getSetCookie().length, 2);
      const cookie = registered.headers
        .getSetCookie()
        .map((it) => it.split(";")[0])
        .join("; ");
      const call = async (path: string, body?: object) => {
        const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
        const answer = await answered(path, { ...init, headers: { ...headers, cookie } });
        assert.ok(answer.ok, `${path}: ${answer.status}`);
        return JSON.parse(await answer.text());
      };
      const { room } = await call("/api/rooms", { name: "Behind" });
      const content = "x".repeat(4_000);
      for (let i = 0; i < 50; i++) await call(`/api/rooms/${room.id}/messages`, { content });
      const page = await call(`/api/rooms/${room.id}/messages?limit=50`);
      assert.equal(page.messages.length, 50);

      for (const transport of [...transports.map((it) => [it]), ["polling", "websocket"]]) {
        const { token } = await call("/api/auth/ws-token");
        const socket = newSocket(nginx.url, token, {
          path: `${base}/socket.io/`,
          transports: transport,
        });
        const connected = next(socket, "connected");
        socket.connect();
        await connected;
        const joined = await socket.emitWithAck("join_room", { roomId: room.id });
        assert.equal(joined.success && joined.messages.length, 50);
        const heard = next(socket, "new_message");
        const sent = await socket.emitWithAck("send_message", { roomId: room.id, content: "😀" });
        assert.ok(sent.success);
        assert.equal((await heard).seq, sent.data.seq);
        socket.disconnect();
      }
    });
  }

  test("a client is known by its own address, each by itself", async () => {
    await using limited = await startPlatform({
      gateway: { trustedProxyHops: 1, rateLimitPerMinute: 2 },
    });
    // A second proxy in front, as far as ours knows, and only ours is believed.
    await using nginx = await startNginx(`
      set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
      location / { proxy_pass ${limited.gatewayUrl}; ${forwarded} }`);
    for (const address of ["198.51.100.1", "2001:db8::1", "198.51.100.2"]) {
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) {
        const headers = { "x-real-ip": address, "x-forwarded-for": `203.0.113.${i}` };
        statuses.push((await fetch(`${nginx.url}/api/rooms`, { headers })).status);
      }
      assert.deepEqual(statuses, [401, 401, 429], address);
    }
  });
});
