import type { AppError } from "#contract/errors.ts";
import type { ChatSocket, Connection } from "../chat-server.ts";
import { emitError } from "../emit.ts";
import { connectionLimits } from "../limits.ts";
import { webSocketOf } from "./internals.ts";

/** Ends a socket for good: clients don't come back by themselves. */
export function endSocket(socket: ChatSocket, error: AppError): void {
  const { conn } = socket;
  emitError(socket, error);
  socket.disconnect(true);
  terminateLater(conn);
}

/** Closes a connection, after what is queued: clients come back by themselves. */
export function closeTransport(conn: Connection): void {
  conn.close();
  terminateLater(conn);
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
export function shortenClose({ transport }: Connection): void {
  if ("closeTimeout" in transport) transport.closeTimeout = connectionLimits.closeMs;
}

function terminateLater(conn: Connection): void {
  setTimeout(() => terminate(conn), connectionLimits.closeMs).unref();
}
