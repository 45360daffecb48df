import { terminate } from "./end-socket.ts";
import { queueOf, streamOf } from "./engine-internals.ts";
import type { ChatSocket } from "./types.ts";

type Connection = ChatSocket["conn"];

const maxBytes = 1024 * 1024;
const maxPackets = 500;
/** A burst may be over the limit for the moment that writing it takes. */
const graceMs = 100;

/** Bytes of each queue; engine.io begins another one at every flush. */
const queuedBytes = new WeakMap<unknown[], number>();
const suspects = new WeakSet<Connection>();

/**
 * Cuts a connection that doesn't read. engine.io queues without bounds, out of sight of the
 * socket's own counters, so each packet looks at what waits before it.
 */
export function watchConsumer(conn: Connection, onCut: () => void): void {
  conn.on("packetCreate", (packet: unknown) => {
    const queue = queueOf(conn);
    // Nothing waits: this packet goes straight to the transport, and is seen there if it stays.
    if (!queue || queue.length === 0) return;
    queuedBytes.set(queue, (queuedBytes.get(queue) ?? 0) + sizeOf(packet));
    if (!isBehind(conn) || suspects.has(conn)) return;
    suspects.add(conn);
    setTimeout(() => {
      suspects.delete(conn);
      if (!isBehind(conn) || conn.readyState === "closed") return;
      onCut();
      terminate(conn);
    }, graceMs).unref();
  });
}

function isBehind(conn: Connection): boolean {
  const queue = queueOf(conn) ?? [];
  const bytes = (queuedBytes.get(queue) ?? 0) + (streamOf(conn)?.writableLength ?? 0);
  return queue.length >= maxPackets || bytes > maxBytes;
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
