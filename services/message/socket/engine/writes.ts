import type { Connection } from "../chat-server.ts";
import { idleStreamOf, streamOf } from "./internals.ts";

/** An event, encoded once for all who get it. */
export interface EncodedEvent {
  /** As the text of an Engine.IO message. */
  packet: string;
  /** As a WebSocket frame. */
  frame: Buffer;
}

/** Encodes an event without acknowledgement; `payload` is JSON. */
export function encodeEvent(event: string, payload: string): EncodedEvent {
  const packet = `2["${event}",${payload}]`;
  return { packet, frame: webSocketFrame(packet) };
}

/** A text frame from a server: whole and unmasked (RFC 6455, 5.2). */
function webSocketFrame(packet: string): Buffer {
  const length = Buffer.byteLength(packet) + 1;
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = 0x81;
  if (headLength === 2) frame[1] = length;
  else if (headLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  // Engine.IO's type of a message.
  frame.write("4", headLength, "latin1");
  frame.write(packet, headLength + 1);
  return frame;
}

/** @param frames those of the events, joined */
export function writeEvents(
  conn: Connection,
  events: readonly EncodedEvent[],
  frames: Buffer,
): void {
  if (conn.readyState !== "open") return;
  const { transport } = conn;
  const isPlainWebSocket =
    transport.name === "websocket" &&
    !("perMessageDeflate" in transport && transport.perMessageDeflate);
  if (isPlainWebSocket) {
    const stream = idleStreamOf(conn);
    if (stream) stream.write(frames);
    else {
      // Its types don't know this option of engine.io. The text is never sent where it is given.
      const options = { compress: false, wsPreEncodedFrame: [frames] };
      conn.write("-", options);
    }
  } else {
    for (const { packet } of events) conn.write(packet, { compress: false });
  }
}

let held: Connection["transport"][] = [];

/**
 * Holds what a connection sends until the end of this turn of the event loop, so that
 * acknowledgements and the messages that follow them go out by one write call: these are most
 * of what sending costs. To engine.io its transport isn't writable meanwhile, and then ready again.
 */
export function holdWrites({ transport }: Connection): void {
  if (transport.name !== "websocket" || !transport.writable) return;
  transport.writable = false;
  if (held.length === 0) setImmediate(releaseAll);
  held.push(transport);
}

function releaseAll(): void {
  const transports = held;
  held = [];
  for (const transport of transports) {
    transport.writable = true;
    transport.emit("ready");
  }
}

/**
 * Sends what engine.io flushes in one go by one write call; otherwise each packet is one.
 * For the engine's own event, so that no connection carries a listener of its own.
 */
export function corkFlush(conn: Connection, packets: unknown[]): void {
  if (packets.length < 2) return;
  const stream = streamOf(conn);
  if (!stream) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
