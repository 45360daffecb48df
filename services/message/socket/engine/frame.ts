import type { JsonObject } from "@bufbuild/protobuf";

/** A Socket.IO event without acknowledgement, as the text of an Engine.IO message. */
export function eventPacket(event: string, payload: JsonObject): string {
  return `2${JSON.stringify([event, payload])}`;
}

/** The same as a WebSocket text frame from a server: whole and unmasked (RFC 6455, 5.2). */
export function webSocketFrame(packet: string): Buffer {
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
