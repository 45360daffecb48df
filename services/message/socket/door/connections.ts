import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ChatServer, Connection } from "../chat-server.ts";
import { shortenClose, terminate } from "../engine/close.ts";
import { watchConsumer } from "../engine/slow-consumer.ts";
import { connectionLimits, createBreachCounter } from "../limits.ts";

type Take = (webSocket: WebSocket, req: IncomingMessage) => void;

interface WebSocketServer {
  options: object;
  handleUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer, take: Take) => void;
}

const packetSeparator = "\x1e";
/** Socket.IO's type of the packets that ask to be let in, as engine.io hands them on. */
const connectType = "0";
/** engine.io's type of the packets that carry Socket.IO's. */
const messageType = "4".charCodeAt(0);

/**
 * Limits what comes and what waits on a connection, whoever is at its end and whatever its
 * transport: events have limits of their own once a client is let in, and nothing else counts
 * pongs and requests to be let in. A client that is cut gets no error.
 * @param onSlow it was cut because it doesn't read
 */
export function guardConnection(conn: Connection, onSlow: (conn: Connection) => void): void {
  const { handshakeMs, closeMs, connects: mostConnects } = connectionLimits;
  forgetRequest(conn);
  shortenClose(conn);
  limitRequests(conn);
  watchConsumer(conn, onSlow);
  let connects = 0;
  // Those of WebSockets are counted below, before there is a connection.
  const isFlood = isPolling(conn) ? countIdle() : () => false;
  conn.on("packet", ({ type, data }: { type: string; data?: unknown }) => {
    const isIdle = type !== "message";
    const isConnect = typeof data === "string" && data.startsWith(connectType);
    if (isIdle ? isFlood() : isConnect && ++connects > mostConnects) terminate(conn);
  });
  // Socket.IO closes what isn't let in by then, but engine.io waits until all that is queued is read.
  setTimeout(terminateClosing, handshakeMs + closeMs, conn).unref();
}

function terminateClosing(conn: Connection): void {
  if (conn.readyState === "closing") terminate(conn);
}

/**
 * The request that opened a connection is never asked for again, and with its headers it would
 * be a quarter of what is kept of an idle socket (Socket.IO's documentation of memory usage).
 */
function forgetRequest(conn: Connection): void {
  Object.assign(conn, { request: undefined });
}

/** engine.io keeps what it would answer a WebSocket's request with, and by that the request. */
export function forgetRequestsOf(engine: ChatServer["engine"]): void {
  engine.use((_req: IncomingMessage, res: object, next: () => void) => {
    if (!(res instanceof ServerResponse)) Object.assign(res, { req: undefined });
    next();
  });
}

/** engine.io takes a request apart and handles all that is in it in one turn of the event loop. */
function limitRequests(conn: Connection): void {
  const { transport } = conn;
  const onData: unknown = Reflect.get(transport, "onData");
  if (!isPolling(conn) || typeof onData !== "function") return;
  const limited = (body: unknown) => {
    if (hasTooMany(body)) terminate(conn);
    else onData.call(transport, body);
  };
  Object.assign(transport, { onData: limited });
}

const isPolling = ({ transport }: Connection) => transport.name === "polling";
const countIdle = () => createBreachCounter(connectionLimits.idlePackets);

function hasTooMany(body: unknown): boolean {
  if (typeof body !== "string") return false;
  const { packetsPerRequest: most } = connectionLimits;
  return body.split(packetSeparator, most + 1).length > most;
}

/**
 * Limits what engine.io doesn't see of its WebSockets, or not before they are a connection.
 * Each ping asks for an answer, which stays with us where the client doesn't read it.
 */
export function guardWebSockets(engine: object): void {
  // engine.io keeps it to itself.
  const server: unknown = Reflect.get(engine, "ws");
  if (!isWebSocketServer(server)) throw new Error("engine.io has no WebSocket server");
  const { closeMs, fragments, bufferedChunks } = connectionLimits;
  // By itself ws gives a client 30 s to answer a close frame.
  Object.assign(server.options, {
    closeTimeout: closeMs,
    maxFragments: fragments,
    maxBufferedChunks: bufferedChunks,
  });
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (req, socket, head, take) => {
    // The answer and engine.io's first packet leave by one write call.
    socket.cork();
    setImmediate(uncork, socket);
    handleUpgrade(req, socket, head, (webSocket, itsRequest) => {
      limitIdleFrames(webSocket);
      take(webSocket, itsRequest);
    });
  };
}

const uncork = (socket: Duplex) => socket.uncork();

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

/**
 * How large each event of a connection was on the wire, in bytes, in the order of the
 * events. Socket.IO itself doesn't say. Disconnects clients that send acknowledgements: the server
 * never requests one, and no limit on events would count them.
 */
export function watchEventSizes(conn: Connection): () => number {
  let sizes: number[] = [];
  let hasAttachments = false;
  conn.on("data", (data: unknown) => {
    if (typeof data === "string") {
      // Types of Socket.IO packets: 2 is an event, 3 an acknowledgement; 5 and 6 are the same
      // with attachments, which follow.
      const type = data[0];
      hasAttachments = type === "5";
      if (type === "2" || type === "5") sizes.push(Buffer.byteLength(data));
      else if (type === "3" || type === "6") terminate(conn);
    } else if (Buffer.isBuffer(data) && hasAttachments) {
      sizes.push((sizes.pop() ?? 0) + data.length);
    }
  });
  return () => {
    const size = sizes.shift() ?? 0;
    // An array that has had something in it keeps room for more, which idle sockets don't need.
    if (sizes.length === 0) sizes = [];
    return size;
  };
}
