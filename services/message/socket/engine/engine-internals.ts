import { Socket } from "node:net";
import type { ChatSocket } from "./types.ts";

type Connection = ChatSocket["conn"];

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

/** Whether frames can be written beside engine.io: nothing is upgraded, discarded or compressed. */
export function isPlainAndOpen(conn: Connection): boolean {
  const { transport } = conn;
  if (Reflect.get(conn, "upgrading") !== false || conn.readyState !== "open") return false;
  if (Reflect.get(transport, "discarded") !== false || !transport.writable) return false;
  const webSocket = webSocketOf(conn);
  if (!webSocket || Reflect.get(webSocket, "readyState") !== 1) return false;
  return Reflect.get(webSocket, "extensions") === "";
}
