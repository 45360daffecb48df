import { Socket } from "node:net";
import type { ChatSocket } from "../socket/types.ts";

/**
 * The TCP stream under a WebSocket, if a whole frame may be written to it now: nothing of
 * engine.io's, of the WebSocket's or of the stream's own is waiting, so that order holds, and
 * the peer has taken everything so far, so that one which doesn't read is still found where
 * packets are queued. Otherwise undefined, and engine.io's queue is the way.
 *
 * It passes by half of what a delivery costs besides the write itself. The fields that it reads
 * are private to engine.io and ws: where one is missing the answer is undefined.
 */
export function idleStreamOf(conn: ChatSocket["conn"]): Socket | undefined {
  const { transport } = conn;
  if (Reflect.get(conn, "upgrading") !== false || conn.readyState !== "open") return undefined;
  const queue: unknown = Reflect.get(conn, "writeBuffer");
  if (!Array.isArray(queue) || queue.length > 0) return undefined;
  if (Reflect.get(transport, "discarded") !== false || !transport.writable) return undefined;
  const webSocket: unknown = Reflect.get(transport, "socket");
  if (typeof webSocket !== "object" || webSocket === null) return undefined;
  if (Reflect.get(webSocket, "readyState") !== 1) return undefined;
  if (Reflect.get(webSocket, "extensions") !== "") return undefined;
  const stream: unknown = Reflect.get(webSocket, "_socket");
  if (!(stream instanceof Socket) || !stream.writable) return undefined;
  return stream.writableLength === 0 ? stream : undefined;
}
