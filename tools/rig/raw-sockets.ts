import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A connection for bytes that no client would send. It reads what comes until it is paused. */
export function openRaw(url: string): Socket {
  const socket = connect(Number(new URL(url).port), new URL(url).hostname);
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

const webSocketPath = "/socket.io/?EIO=4&transport=websocket";

/** @param more further lines of the head, each with its end */
export function upgradeRequest(path = webSocketPath, more = ""): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
  );
}

/** A WebSocket of Engine.IO whose frames are ours to make. Undefined if it isn't let in. */
export async function openRawWebSocket(url: string): Promise<Socket | undefined> {
  const socket = openRaw(url);
  socket.write(upgradeRequest());
  const answer = await Promise.race([
    once(socket, "data"),
    once(socket, "close").then(() => []),
    pause(5_000, [], { ref: false }),
  ]);
  if (String(answer[0]).startsWith("HTTP/1.1 101")) return socket;
  socket.destroy();
  return undefined;
}

/** A frame as a client sends it, its mask all zeros, which saves the work of masking. */
export function frame(opcode: number, payload: string | Buffer, isLast = true): Buffer {
  const length = Buffer.byteLength(payload);
  if (length > 65_535) throw new Error("too long for this client");
  const head = length < 126 ? 6 : 8;
  const bytes = Buffer.alloc(head + length);
  bytes[0] = (isLast ? 0x80 : 0) | opcode;
  bytes[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) bytes.writeUInt16BE(length, 2);
  if (typeof payload === "string") bytes.write(payload, head);
  else payload.copy(bytes, head);
  return bytes;
}

/**
 * Writes a batch again and again, until the other end has had enough or the time is over.
 * Answers how many bytes it took.
 */
export async function pour(socket: Socket, batch: Buffer, ms: number): Promise<number> {
  const endAt = performance.now() + ms;
  const before = socket.bytesWritten;
  while (!socket.destroyed && socket.writable && performance.now() < endAt) {
    // What doesn't fit is kept here, so not more than a little of it.
    if (socket.writableLength < batch.length) socket.write(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return socket.bytesWritten - before;
}

/**
 * How many of the connections the server holds still after `ms`, by what the kernel says: how
 * fast we read what it sent says nothing of it.
 */
export async function countHeld(sockets: readonly Socket[], ms: number): Promise<number> {
  const endAt = performance.now() + ms;
  const ports = new Set(sockets.flatMap(({ localPort }) => localPort ?? []));
  for (;;) {
    const held = establishedPeers().filter((port) => ports.has(port)).length;
    if (held === 0 || performance.now() > endAt) return held;
    await pause(50);
  }
}

const established = "01";

/** The port at the other end of each connection that is open at this one. */
function establishedPeers(): number[] {
  const [, ...lines] = readFileSync("/proc/net/tcp", "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const [, , peer = "", state] = line.trim().split(/\s+/);
    return state === established ? Number.parseInt(peer.split(":")[1] ?? "", 16) : [];
  });
}
