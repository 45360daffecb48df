import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { createBreachCounter } from "./socket/limits.ts";

type Take = (webSocket: WebSocket, req: IncomingMessage) => void;

interface WebSocketServer {
  options: object;
  handleUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer, take: Take) => void;
}

/** A client has reason to send one each 25 s. */
const mostIdle = { count: 100, windowMs: 10_000 };
/** How long a client gets to say goodbye as well; 30 s if ws had its way. */
const closeTimeout = 1_000;
/**
 * An event is at most 64 KiB, in some fifty segments of a network: whoever cuts it into more
 * frames, or sends a frame byte by byte, wants us to keep and join them.
 */
const maxFragments = 256;
const maxBufferedChunks = 1_024;
/** engine.io's type of the packets that carry Socket.IO's. */
const message = "4".charCodeAt(0);

/**
 * Limits what engine.io doesn't see of its WebSockets, or lets pass. Pings ask for an answer
 * each, which stays with us where nobody reads it; pongs and packets without content keep us
 * busy. Who is cut needn't be told.
 */
export function guardWebSockets(engine: object): void {
  // engine.io keeps it to itself.
  const server: unknown = Reflect.get(engine, "ws");
  if (!isWebSocketServer(server)) throw new Error("engine.io has no WebSocket server");
  Object.assign(server.options, { closeTimeout, maxFragments, maxBufferedChunks });
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (req, socket, head, take) =>
    handleUpgrade(req, socket, head, (webSocket, itsRequest) => {
      limitIdleFrames(webSocket);
      take(webSocket, itsRequest);
    });
}

function limitIdleFrames(webSocket: WebSocket): void {
  const isFlood = createBreachCounter(mostIdle.count, mostIdle.windowMs);
  const count = () => {
    if (isFlood()) webSocket.terminate();
  };
  webSocket.on("ping", count);
  webSocket.on("pong", count);
  webSocket.on("message", (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data) && data[0] !== message) count();
  });
}

function isWebSocketServer(value: unknown): value is WebSocketServer {
  return (
    typeof value === "object" && value !== null && "options" in value && "handleUpgrade" in value
  );
}
