import { Socket } from "node:net";
import type { Connection } from "../chat-server.ts";

/*
 * What engine.io and ws keep to themselves, and speed or protection can't do without. All of
 * it is read here; where an update renames a field the answer is as if there were nothing.
 */

/** What engine.io has not given to its transport yet: another list after every flush. */
export function queueOf(conn: Connection): unknown[] | undefined {
  const queue: unknown = Reflect.get(conn, "writeBuffer");
  return Array.isArray(queue) ? queue : undefined;
}

/** The WebSocket of a transport. */
export function webSocketOf({ transport }: Connection): object | undefined {
  const webSocket: unknown = Reflect.get(transport, "socket");
  return typeof webSocket === "object" && webSocket !== null ? webSocket : undefined;
}

/** The TCP stream under a WebSocket. */
export function streamOf(conn: Connection): Socket | undefined {
  const webSocket = webSocketOf(conn);
  const stream: unknown = webSocket && Reflect.get(webSocket, "_socket");
  return stream instanceof Socket ? stream : undefined;
}

/**
 * The TCP stream under a WebSocket, if a whole frame may be written to it now: nothing of
 * engine.io's, of the WebSocket's or of the stream's own is waiting, so that order holds, and
 * the peer has taken everything so far, so that one which doesn't read is still found where
 * packets are queued. Otherwise undefined, and engine.io's queue is the way.
 *
 * It saves half of what a delivery costs besides the write itself.
 */
export function idleStreamOf(conn: Connection): Socket | undefined {
  if (queueOf(conn)?.length !== 0 || !isPlainAndOpen(conn)) return undefined;
  const stream = streamOf(conn);
  return stream?.writable && stream.writableLength === 0 ? stream : undefined;
}

/** Whether frames can be written beside engine.io: nothing is upgraded, discarded or compressed. */
function isPlainAndOpen(conn: Connection): boolean {
  const { transport } = conn;
  if (Reflect.get(conn, "upgrading") !== false || conn.readyState !== "open") return false;
  if (Reflect.get(transport, "discarded") !== false || !transport.writable) return false;
  const webSocket = webSocketOf(conn);
  if (!webSocket || Reflect.get(webSocket, "readyState") !== 1) return false;
  return Reflect.get(webSocket, "extensions") === "";
}
