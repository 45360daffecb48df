import type { IncomingMessage } from "node:http";

/** Whether a request asks for a WebSocket; any other upgrade, such as `h2c`, is passed over. */
export function asksForWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === "websocket";
}
