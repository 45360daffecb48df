import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { startPlatform } from "#tools/rig/platform.ts";
import { openRaw } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { wsToken } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);

const rpcUrls = () => [platform.authRpcUrl, platform.messageRpcUrl];
const alive = async () => {
  assert.equal((await user.client.get("/api/rooms")).status, 200);
  assert.equal((await user.client.get("/api/auth/profile")).status, 200);
};

describe("RPC ports", () => {
  test("a connection that says no more than that it speaks HTTP/2 is ended", async () => {
    const socket = openRaw(platform.authRpcUrl);
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await once(socket, "close");
  });

  test("streams that are reset at once end their session, and nothing else", async () => {
    for (const url of rpcUrls()) {
      const session = connectHttp2(url);
      session.on("error", () => undefined);
      await once(session, "connect");
      const ended = new Promise((resolve) => session.once("close", resolve));
      let count = 0;
      const flood = setInterval(() => {
        for (let i = 0; i < 50 && !session.destroyed && !session.closed; i++, count++) {
          const path = i % 2 ? "/unknown" : "/aetherconnect.auth.v1.AuthService/GetProfile";
          const type = ["application/grpc", "application/grpc-web", "application/json"][i % 3];
          const stream = session.request({
            ":method": "POST",
            ":path": path,
            "content-type": type,
          });
          stream.on("error", () => undefined);
          stream.close(constants.NGHTTP2_CANCEL);
        }
      });
      await ended;
      clearInterval(flood);
      assert.ok(count < 5_000, `${count} resets`);
      await alive();
    }
  });

  test("a host that is none is refused, and ends nothing", async () => {
    for (const url of rpcUrls()) {
      for (const head of ["HTTP/1.1\r\nHost: [::bad", "HTTP/1.1\r\nHost: [", "HTTP/1.0"]) {
        const socket = openRaw(url);
        socket.write(
          `POST /grpc.health.v1.Health/Check ${head}\r\n` +
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        );
        const [answer]: Buffer[] = await once(socket, "data");
        assert.match(String(answer), /^HTTP\/1\.1 400 /, head);
        socket.destroy();
      }
    }
    await alive();
  });

  test("who watches the health takes a place that is one of few", async () => {
    for (const url of rpcUrls()) {
      const session = connectHttp2(url);
      const codes = await Promise.all(
        Array.from({ length: 120 }, async () => {
          const watch = session.request({
            ":method": "POST",
            ":path": "/grpc.health.v1.Health/Watch",
            "content-type": "application/connect+json",
          });
          watch.end(Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), Buffer.from("{}")]));
          const [answer]: Buffer[] = await once(watch, "data");
          return /resource_exhausted/.test(String(answer)) ? "refused" : "watching";
        }),
      );
      assert.equal(codes.filter((it) => it === "refused").length, 20);
      session.destroy();
    }
    await alive();
  });

  test("bytes of no protocol close their connection", async () => {
    for (const url of rpcUrls()) {
      for (const bytes of [
        Buffer.alloc(100, 0xff),
        Buffer.from(
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
          "latin1",
        ),
        Buffer.from("GET / HTTP/9.9\r\n\r\n"),
        Buffer.from("\x16\x03\x01\x02\x00\x01\x00", "latin1"),
      ]) {
        const socket = openRaw(url);
        socket.write(bytes);
        await once(socket, "close");
      }
    }
    await alive();
  });

  test("compressed, oversize and deep requests are refused in few bytes", async () => {
    const path = "aetherconnect.message.v1.MessageService/SendMessage";
    const zeros = new Uint8Array(gzipSync(Buffer.alloc(8 * 1024 * 1024)));
    const bodies: [Record<string, string>, string | Uint8Array<ArrayBuffer>][] = [
      [{ "content-encoding": "gzip" }, zeros],
      [{ "content-encoding": "br" }, zeros],
      [{}, JSON.stringify({ content: "x".repeat(300_000) })],
      [{}, `{"metadata":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`],
      [{ "connect-timeout-ms": "86400000" }, "{}"],
    ];
    for (const [headers, body] of bodies) {
      const response = await fetch(`${platform.messageRpcUrl}/${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${user.client.cookie("accessToken")}`,
          ...headers,
        },
        body,
      });
      const text = await response.text();
      assert.ok(response.status >= 400 && response.status !== 500, `${response.status} ${text}`);
      assert.ok(text.length < 5_000, `${text.length} bytes`);
    }
    await alive();
  });
});

describe("sockets", () => {
  const url = (base: string) =>
    `${base.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  const dial = async () => {
    const socket = new WebSocket(url(platform.messageUrl));
    const frames: string[] = [];
    socket.onmessage = ({ data }) => frames.push(String(data));
    const closed = new Promise((resolve) => {
      socket.onclose = resolve;
    });
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    return { socket, frames, closed };
  };

  test("a connection holds one socket: who asks for a second is cut off", async () => {
    const token = await wsToken(user);
    const { socket, closed, frames } = await dial();
    for (let i = 0; i < 50; i++) socket.send(`40${JSON.stringify({ token })}`);
    await closed;
    const connected = frames.filter((it) => it.startsWith('42["connected"')).length;
    assert.ok(connected <= 1, `${connected} sockets`);
    await alive();
  });

  test("a connection whose socket is gone doesn't stay", async () => {
    const token = await wsToken(user);
    const { socket, closed, frames } = await dial();
    socket.send(`40${JSON.stringify({ token })}`);
    while (!frames.some((it) => it.startsWith('42["connected"'))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.send("41");
    await closed;
  });

  test("frames that are no Socket.IO close their connection, and nothing else", async () => {
    const token = await wsToken(user);
    for (const frame of [
      "4",
      "49",
      "42{",
      '42["x"',
      "42[[[[",
      '42["disconnect"]',
      '42["connect"]',
      '451-["x",{"_placeholder":true,"num":99}]',
      '45999999999-["x"]',
      "42/other,[1]",
      "9",
      "x".repeat(300_000),
    ]) {
      const { socket, closed } = await dial();
      socket.send(`40${JSON.stringify({ token })}`);
      socket.send(frame);
      // An attachment that nobody announced ends what is left.
      socket.send(new Uint8Array([1, 2, 3]));
      await closed;
    }
    await alive();
  });

  test("acknowledgements that nobody asked for close their connection", async () => {
    const token = await wsToken(user);
    for (const frame of ["431[]", '461-9[{"_placeholder":true,"num":0}]']) {
      const { socket, closed } = await dial();
      const connected = new Promise<void>((resolve) => {
        socket.addEventListener("message", ({ data }) => {
          if (String(data).startsWith('42["connected"')) resolve();
        });
      });
      socket.send(`40${JSON.stringify({ token })}`);
      await connected;
      socket.send(frame);
      await closed;
    }
    await alive();
  });
});
