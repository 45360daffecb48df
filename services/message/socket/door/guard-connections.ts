import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { handshakeLimitMs } from "../engine/chat-server.ts";
import { graceMs, hastenClose, terminate } from "../engine/end-socket.ts";
import { watchConsumer } from "../engine/slow-consumer.ts";
import type { ChatSocket } from "../engine/types.ts";
import { createBreachCounter } from "../events/limits.ts";
import type { OnSlow } from "./server.ts";

type Connection = ChatSocket["conn"];
type Take = (webSocket: WebSocket, req: IncomingMessage) => void;

interface WebSocketServer {
  options: object;
  handleUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer, take: Take) => void;
}

/** A client has reason to send one each 25 s. */
const mostIdle = { count: 100, windowMs: 10_000 };
/** A client has reason to send one; a few that ask for what we don't have are told so. */
const mostConnects = 3;
/** In one request of a polling client: more than the events that a socket may send in a burst. */
const mostPackets = 500;
const packetSeparator = "\x1e";
/** Socket.IO's type of the packets that ask to be let in, as engine.io hands them on. */
const connectType = "0";
/** engine.io's type of the packets that carry Socket.IO's. */
const messageType = "4".charCodeAt(0);
/**
 * An event is at most 64 KiB, in some fifty segments of a network: whoever cuts it into more
 * frames, or sends a frame byte by byte, wants us to keep and join them.
 */
const maxFragments = 256;
const maxBufferedChunks = 1_024;

/**
 * Limits what comes and what waits on a connection, whoever it is and whatever its transport:
 * for the events of those who are let in there are limits of their own, and all else, pongs
 * and requests to be let in, nobody else counts. Who is cut needn't be told.
 * @param onSlow it was cut because it doesn't read
 */
export function guardConnection(conn: Connection, onSlow: OnSlow): void {
  hastenClose(conn);
  limitPayloads(conn);
  watchConsumer(conn, () => onSlow(conn));
  let connects = 0;
  // Those of WebSockets are counted below, before there is a connection.
  const isFlood = isPolling(conn) ? countIdle() : () => false;
  conn.on("packet", ({ type, data }: { type: string; data?: unknown }) => {
    const isIdle = type !== "message";
    const isConnect = typeof data === "string" && data.startsWith(connectType);
    if (isIdle ? isFlood() : isConnect && ++connects > mostConnects) terminate(conn);
  });
  // Socket.IO closes who isn't let in by then, but engine.io waits until all that is queued is read.
  setTimeout(() => {
    if (conn.readyState === "closing") terminate(conn);
  }, handshakeLimitMs + graceMs).unref();
}

/** engine.io takes a request apart and handles all that is in it in one turn of the event loop. */
function limitPayloads(conn: Connection): void {
  const { transport } = conn;
  const onData: unknown = Reflect.get(transport, "onData");
  if (!isPolling(conn) || typeof onData !== "function") return;
  const limited = (payload: unknown) => {
    if (hasTooMany(payload)) terminate(conn);
    else onData.call(transport, payload);
  };
  Object.assign(transport, { onData: limited });
}

const isPolling = ({ transport }: Connection) => transport.name === "polling";
const countIdle = () => createBreachCounter(mostIdle.count, mostIdle.windowMs);

function hasTooMany(payload: unknown): boolean {
  if (typeof payload !== "string") return false;
  return payload.split(packetSeparator, mostPackets + 1).length > mostPackets;
}

/**
 * Limits what engine.io doesn't see of its WebSockets, or not before they are a connection.
 * Each ping asks for an answer, which stays with us where nobody reads it.
 */
export function guardWebSockets(engine: object): void {
  // engine.io keeps it to itself.
  const server: unknown = Reflect.get(engine, "ws");
  if (!isWebSocketServer(server)) throw new Error("engine.io has no WebSocket server");
  // A client that is told goodbye gets 30 s to say so as well if ws has its way.
  Object.assign(server.options, { closeTimeout: graceMs, maxFragments, maxBufferedChunks });
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (req, socket, head, take) =>
    handleUpgrade(req, socket, head, (webSocket, itsRequest) => {
      limitIdleFrames(webSocket);
      take(webSocket, itsRequest);
    });
}

function limitIdleFrames(webSocket: WebSocket): void {
  const isFlood = countIdle();
  const count = () => {
    if (isFlood()) webSocket.terminate();
  };
  webSocket.on("ping", count);
  webSocket.on("pong", count);
  webSocket.on("message", (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data) && data[0] !== messageType) count();
  });
}

function isWebSocketServer(value: unknown): value is WebSocketServer {
  return (
    typeof value === "object" && value !== null && "options" in value && "handleUpgrade" in value
  );
}
