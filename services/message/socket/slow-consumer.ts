import { terminate } from "./end-socket.ts";
import type { ChatSocket } from "./types.ts";

type Connection = ChatSocket["conn"];

const maxBytes = 1024 * 1024;
const maxPackets = 500;
/** A burst may be over the limit for the moment that writing it takes. */
const graceMs = 100;

/**
 * Watches what a connection has not taken yet, and cuts one that doesn't read. engine.io
 * queues without bounds, out of sight of the socket's own counters, so it is counted here:
 * what is queued, and what was handed to the transport that hasn't drained since.
 */
export function watchConsumer(conn: Connection, onCut: () => void): void {
  const queued = { bytes: 0, packets: 0 };
  const handed = { bytes: 0, packets: 0 };
  let timer: NodeJS.Timeout | undefined;

  const isOver = () =>
    queued.bytes + handed.bytes > maxBytes || queued.packets + handed.packets > maxPackets;
  const judge = () => {
    timer = undefined;
    if (!isOver() || conn.readyState === "closed") return;
    onCut();
    terminate(conn);
  };
  conn.on("packetCreate", (packet: unknown) => {
    queued.bytes += sizeOf(packet);
    queued.packets++;
    if (!timer && isOver()) timer = setTimeout(judge, graceMs).unref();
  });
  conn.on("flush", () => {
    handed.bytes += queued.bytes;
    handed.packets += queued.packets;
    queued.bytes = 0;
    queued.packets = 0;
  });
  const onDrain = () => {
    handed.bytes = 0;
    handed.packets = 0;
  };
  conn.transport.on("drain", onDrain);
  conn.on("upgrade", (transport: Connection["transport"]) => {
    onDrain();
    transport.on("drain", onDrain);
  });
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
