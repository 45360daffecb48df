import type { Connection } from "../chat-server.ts";
import { unreadLimits } from "../limits.ts";
import { terminate } from "./close.ts";
import { queueOf, streamOf } from "./internals.ts";

/** Bytes of each queue; engine.io begins another one at every flush. */
const queuedBytes = new WeakMap<unknown[], number>();
const suspects = new WeakSet<Connection>();

/**
 * Cuts a connection that doesn't read. engine.io queues without bounds, out of sight of the
 * socket's own counters, so each packet looks at what waits before it.
 */
export function watchConsumer(conn: Connection, onCut: (conn: Connection) => void): void {
  conn.on("packetCreate", (packet: unknown) => {
    const queue = queueOf(conn);
    // Nothing waits: this packet goes straight to the transport, and is seen there if it stays.
    if (!queue || queue.length === 0) return;
    queuedBytes.set(queue, (queuedBytes.get(queue) ?? 0) + sizeOf(packet));
    if (excessOf(conn) < 1 || suspects.has(conn)) return;
    suspects.add(conn);
    judgeLater(conn, onCut);
  });
}

/** Looks again and again for as long as the peer takes something, and isn't too far behind. */
function judgeLater(conn: Connection, onCut: (conn: Connection) => void): void {
  let takenAt = performance.now();
  let before = progressOf(conn);
  const look = () => {
    const excess = excessOf(conn);
    const now = progressOf(conn);
    if (now.bytes > before.bytes || now.queue !== before.queue) takenAt = performance.now();
    before = now;
    const isStalled = performance.now() - takenAt >= unreadLimits.stalledMs;
    const mayGoOn = excess < unreadLimits.factorWhileReading && !isStalled;
    if (excess >= 1 && mayGoOn && conn.readyState !== "closed") return wait();
    suspects.delete(conn);
    if (excess < 1 || conn.readyState === "closed") return;
    onCut(conn);
    terminate(conn);
  };
  const wait = () => setTimeout(look, unreadLimits.lookMs).unref();
  wait();
}

/** What waits, as a multiple of what may. */
export function excessOf(conn: Connection): number {
  const queue = queueOf(conn) ?? [];
  const bytes = (queuedBytes.get(queue) ?? 0) + (streamOf(conn)?.writableLength ?? 0);
  return Math.max(queue.length / unreadLimits.packets, bytes / unreadLimits.bytes);
}

/**
 * How far the peer has read: bytes that the system has taken for it, and which queue waits.
 * Another one means that it was ready for more; a polling client is when it asks again.
 */
function progressOf(conn: Connection): { bytes: number; queue: unknown[] | undefined } {
  const stream = streamOf(conn);
  return { bytes: stream ? stream.bytesWritten - stream.writableLength : 0, queue: queueOf(conn) };
}

/** Bytes of an engine.io packet, about. */
function sizeOf(packet: unknown): number {
  if (typeof packet !== "object" || packet === null) return 0;
  const options: unknown = Reflect.get(packet, "options");
  const frames =
    typeof options === "object" && options !== null
      ? Reflect.get(options, "wsPreEncodedFrame")
      : undefined;
  if (Array.isArray(frames)) {
    return frames.reduce((sum, frame) => sum + (Buffer.isBuffer(frame) ? frame.length : 0), 0);
  }
  const data: unknown = Reflect.get(packet, "data");
  return typeof data === "string" || Buffer.isBuffer(data) ? data.length : 0;
}
