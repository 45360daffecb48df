import type { AppError } from "#contract/errors.ts";
import { emitError } from "./emit.ts";
import { webSocketOf } from "./engine-internals.ts";
import type { ChatSocket } from "./types.ts";

type Connection = ChatSocket["conn"];

/** What a client gets to take the last words and close by itself. */
export const graceMs = 1_000;

/** Ends a socket for good: clients don't come back by themselves. */
export function endSocket(socket: ChatSocket, error: AppError): void {
  const { conn } = socket;
  emitError(socket, error);
  socket.disconnect(true);
  setTimeout(() => terminate(conn), graceMs).unref();
}

/** Closes a connection, after what is queued: clients come back by themselves. */
export function closeTransport(conn: Connection): void {
  conn.close();
  setTimeout(() => terminate(conn), graceMs).unref();
}

/** Cuts a connection at once, whatever is queued. Closing alone would wait for a stalled peer. */
export function terminate(conn: Connection): void {
  if (conn.readyState === "closed") return;
  const webSocket = webSocketOf(conn);
  if (webSocket && "terminate" in webSocket && typeof webSocket.terminate === "function") {
    webSocket.terminate();
  }
  conn.close(true);
}

/** A polling client that is to be closed has to ask first; engine.io would wait 30 s for it. */
export function hastenClose({ transport }: Connection): void {
  if ("closeTimeout" in transport) transport.closeTimeout = graceMs;
}
