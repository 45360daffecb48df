import { randomBytes, randomInt } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { post } from "../rig/api.ts";
import type { Flood } from "./flood.ts";

/** Frames of Engine.IO and Socket.IO: oversize, malformed, mutated, random; signed in and not. */
export const randomFrames: Flood = async (target, user, scale) => {
  const total = Math.round(10_000 * scale);
  const token = await user.wsToken();
  let sent = 0;
  let connections = 0;
  const url = `${target.message.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  const run = async (isSignedIn: boolean) => {
    while (sent < total) {
      const socket = new WebSocket(url);
      socket.onerror = () => undefined;
      const opened = await new Promise<boolean>((resolve) => {
        socket.onopen = () => resolve(true);
        socket.onclose = () => resolve(false);
      });
      if (!opened) continue;
      connections++;
      if (isSignedIn) {
        socket.send(`40${JSON.stringify({ token })}`);
        await pause(20);
      }
      while (socket.readyState === WebSocket.OPEN && sent < total) {
        socket.send(strangeFrame());
        if (++sent % 5 === 0) await pause(1);
      }
      socket.close();
    }
  };
  await Promise.all([run(true), run(true), run(false), run(false)]);
  return { figure: `${sent} frames over ${connections} connections`, isMet: sent >= total };
};

function strangeFrame(): string | Uint8Array<ArrayBuffer> {
  const frames: (() => string | Uint8Array<ArrayBuffer>)[] = [
    () => new Uint8Array(randomBytes(randomInt(1, 300))),
    () => randomBytes(randomInt(1, 100)).toString("latin1"),
    () => `4${randomInt(10)}${randomBytes(10).toString("hex")}`,
    () => `42["send_message",{"roomId":"x","content":"${"a".repeat(randomInt(200))}"}]`,
    () => `42${"[".repeat(randomInt(1, 5_000))}`,
    () => `45${randomInt(1, 1e9)}-["x",{"_placeholder":true,"num":${randomInt(-5, 99)}}]`,
    () => `46-["x"]`,
    () => `42/${randomBytes(5).toString("hex")},["x"]`,
    () => `42999999999999999999["join_room",{}]`,
    () => '42["__proto__",{"__proto__":{"polluted":1}}]',
    () => '42["disconnect"]',
    () => '42["error",{"message":"x"}]',
    () => `42{"not":"an array"}`,
    () => "40",
    () => "40{bad",
    () => "41",
    () => "44{}",
    () => "3",
    () => "2",
    () => "5",
    () => "6",
    () => "7",
    () => "",
    () => `42["join_room",${"[".repeat(3_000)}${"]".repeat(3_000)}]`,
    () => (randomInt(50) === 0 ? `42["x","${"a".repeat(300_000)}"]` : "42[5]"),
  ];
  return frames[randomInt(frames.length)]?.() ?? "";
}

/** Small bodies that would be large or deep when taken at their word. */
export const bombs: Flood = async (target, user, scale) => {
  const zeros = new Uint8Array(gzipSync(Buffer.alloc(20 * 1024 * 1024)));
  const deep = (depth: number) => ['{"a":'.repeat(depth), 1, "}".repeat(depth)].join("");
  const bearer = { authorization: `Bearer ${user.accessToken}` };
  const rpc = `${target.messageRpc}/aetherconnect.message.v1.MessageService/SendMessage`;
  const attempts: [string, string, Record<string, string>, string | Uint8Array<ArrayBuffer>][] = [
    ["REST gzip", `${target.gateway}/api/rooms`, { "content-encoding": "gzip" }, zeros],
    ["REST br", `${target.gateway}/api/rooms`, { "content-encoding": "br" }, zeros],
    [
      "REST deflate, gzip",
      `${target.gateway}/api/rooms`,
      { "content-encoding": "deflate, gzip" },
      zeros,
    ],
    ["RPC gzip", rpc, { "content-encoding": "gzip" }, zeros],
    ["RPC brotli", rpc, { "content-encoding": "br" }, zeros],
    [
      "gRPC-Web gzip",
      rpc,
      { "content-type": "application/grpc-web+proto", "grpc-encoding": "gzip" },
      compressed(zeros),
    ],
    [
      "Connect stream gzip",
      `${target.authRpc}/aetherconnect.auth.v1.AuthService/WatchRevocations`,
      { "content-type": "application/connect+proto", "connect-content-encoding": "gzip" },
      compressed(zeros),
    ],
    ["REST deep", `${target.gateway}/api/rooms`, {}, `{"name":${"[".repeat(60_000)}`],
    [
      "REST deep metadata",
      `${target.gateway}/api/rooms/x/messages`,
      {},
      `{"content":"x","metadata":${deep(8_000)}}`,
    ],
    ["RPC deep", rpc, {}, `{"roomId":"x","content":"x","metadata":${deep(20_000)}}`],
    ["RPC oversize", rpc, {}, JSON.stringify({ content: "x".repeat(300_000) })],
    [
      "REST many keys",
      `${target.gateway}/api/rooms`,
      {},
      `{${Array.from({ length: 8_000 }, (_, i) => `"${i}":0`).join()}}`,
    ],
  ];
  const wrong: string[] = [];
  for (let round = 0; round < Math.ceil(10 * scale); round++) {
    for (const [name, url, headers, body] of attempts) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...bearer, ...headers },
        body,
      }).catch(() => undefined);
      const size = (await response?.arrayBuffer().catch(() => undefined))?.byteLength ?? 0;
      // Connect says "unimplemented" of a compression that it doesn't know: 501, no fault of ours.
      const isRefused = response === undefined || response.status < 500 || response.status === 501;
      if (!isRefused || size > 20_000) wrong.push(`${name}: ${response?.status}, ${size} bytes`);
    }
  }
  return { figure: wrong[0] ?? "all refused, in few bytes", isMet: wrong.length === 0 };
};

/** A message of a stream that says of itself that it is compressed. */
function compressed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 1);
  return new Uint8Array(Buffer.concat([head, bytes]));
}

/** Deadlines that no server should believe. */
export const hugeTimeouts: Flood = async (target) => {
  const path = "aetherconnect.auth.v1.AuthService/GetSigningKeys";
  const wrong: string[] = [];
  for (const timeout of [
    "99999999H",
    "86400000",
    "10001",
    "-1",
    "1e9",
    "x",
    "99999999999999999999",
  ]) {
    const { status } = await post(
      `${target.authRpc}/${path}`,
      {},
      { "connect-timeout-ms": timeout },
    );
    if (status !== 400) wrong.push(`connect-timeout-ms ${timeout}: ${status}`);
  }
  const session = connectHttp2(target.authRpc);
  session.on("error", () => undefined);
  for (const timeout of ["99999999H", "11S", "1x", "-5m", "100000000S"]) {
    const status = await new Promise<string>((resolve) => {
      const stream = session.request({
        ":method": "POST",
        ":path": `/${path}`,
        "content-type": "application/grpc",
        "grpc-timeout": timeout,
        te: "trailers",
      });
      stream.on("error", () => resolve("error")).resume();
      let found = "";
      const take = (headers: object) => {
        found = String(Reflect.get(headers, "grpc-status") ?? found);
      };
      stream
        .on("response", take)
        .on("trailers", take)
        .on("close", () => resolve(found));
      stream.end(Buffer.alloc(5));
    });
    if (status === "0" || status === "") wrong.push(`grpc-timeout ${timeout}: ${status}`);
  }
  session.destroy();
  return { figure: wrong.join(", ") || "all refused", isMet: wrong.length === 0 };
};
