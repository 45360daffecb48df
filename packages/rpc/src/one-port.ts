import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp1Server, type Server } from "node:http";
import {
  constants,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { type Member, UnorderedSet } from "./unordered-set.ts";

type Listener = (
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
) => void;

/** Answers a stream, or answers false: then the listener does. */
type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/** A clear-text server that speaks HTTP/1.1 and HTTP/2 on one port. */
export interface OnePortServer {
  /** Listens for both; it is the HTTP/1.1 server, so that its time limits are in force. */
  server: Server;
  /** Takes no new connections, lets what is under way finish for `graceMs`, then ends it. */
  close: (graceMs: number) => Promise<void>;
}

const preface = Buffer.from("PRI ");
const silenceLimitMs = 5_000;
const requestLimitMs = 20_000;
/** An answer of which the client takes no byte for so long is thrown away. */
const unreadLimitMs = 10_000;
/** How much later than by these limits a stream may be ended. */
const sweepMs = 5_000;
/** Longer than clients keep a connection that they may need again. */
const idleLimitMs = 10 * 60_000;

/** Node's own client writes an IPv6 address without its brackets. */
const bareAddress = /^([0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*)(?=:\d+$)/i;

export function createOnePortServer(
  listener: Listener,
  takeStream: TakeStream = () => false,
): OnePortServer {
  const h1 = createHttp1Server(
    // By itself Node looks for connections over these limits every 30 s only.
    { headersTimeout: 5_000, requestTimeout: requestLimitMs, connectionsCheckingInterval: 500 },
    (req, res) => {
      dropUnread(res);
      try {
        listener(req, res);
      } catch {
        // Of a `Host` that is none, or of none at all, the adapter throws where nobody listens.
        res.writeHead(400, { connection: "close" }).end();
      }
    },
  );
  const h2 = createHttp2Server(
    {
      settings: { maxConcurrentStreams: 250, maxHeaderListSize: 16_384 },
      maxSessionMemory: 20,
      // Well under Node's defaults (1000 and 33 a second): no client of ours resets in bulk.
      streamResetBurst: 200,
      streamResetRate: 20,
    },
    callSafely(listener),
  );
  const watch = watchStreams(h1);
  // The listener that Node put there makes a request and a response of a stream.
  const [answerStream] = h2.listeners("stream");
  if (!answerStream) throw new Error("an HTTP/2 server without a stream listener");
  h2.removeAllListeners("stream");
  h2.on("stream", (stream, headers, flags, rawHeaders) => {
    // Without a listener it would end the process, and one that came with its request is on its way.
    stream.on("error", () => undefined);
    if (stream.destroyed || stream.closed) return;
    watch(stream);
    if (takeStream(stream, headers)) return;
    headers[":authority"] &&= headers[":authority"].replace(bareAddress, "[$1]");
    answerStream.call(h2, stream, headers, flags, rawHeaders);
  });
  const sessions = new Set<ServerHttp2Session>();
  let isClosing = false;
  h2.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
    endSilent(session);
    // It was accepted before the server closed, and spoke after.
    if (isClosing) session.close();
  });
  h2.on("sessionError", () => undefined);

  // The listener that Node put there takes a socket for HTTP/1.1.
  const [acceptHttp1] = h1.listeners("connection");
  if (!acceptHttp1) throw new Error("an HTTP server without a connection listener");
  h1.removeAllListeners("connection");
  const sockets = new Set<Socket>();
  h1.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    sniff(socket, (isHttp2) => {
      if (!isHttp2) return acceptHttp1.call(h1, socket);
      // Half-open as a server of HTTP/1.1 has it, a session wouldn't end with its client.
      socket.allowHalfOpen = false;
      h2.emit("connection", socket);
    });
  });
  h1.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });

  return {
    server: h1,
    async close(graceMs) {
      isClosing = true;
      const closed = once(h1, "close");
      h1.close();
      for (const session of sessions) session.close();
      // A kept-alive connection that was busy until now is idle a moment later.
      const idle = setInterval(() => h1.closeIdleConnections(), 50);
      const hard = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(hard);
    },
  };
}

/** Ends a session whose client doesn't begin, and closes one that hasn't been used for long. */
function endSilent(session: ServerHttp2Session): void {
  const timer = setTimeout(() => session.destroy(), silenceLimitMs);
  session.once("remoteSettings", () => clearTimeout(timer));
  session.once("close", () => clearTimeout(timer));
  session.setTimeout(idleLimitMs, () => session.close());
}

/** A stream that the client has reset throws at whatever is done to it, which would end the process. */
function callSafely(listener: Listener) {
  return (req: Http2ServerRequest, res: Http2ServerResponse) => {
    try {
      listener(req, res);
    } catch {
      req.stream.destroy();
    }
  };
}

/** Ends the connection of an HTTP/1.1 client that doesn't read its answer. */
function dropUnread(res: ServerResponse): void {
  res.setTimeout(unreadLimitMs, () => {
    if (res.socket && res.socket.writableLength > 0) res.socket.destroy();
  });
}

interface WatchedStream extends Member {
  stream: ServerHttp2Stream;
  startedAt: number;
  /** What of the answer waits to be sent, and since when no less does. */
  pending: number;
  pendingSince: number;
}

/**
 * Ends streams whose request never ends, and those whose answer nobody reads: Node has no time
 * limit for the first, and takes whatever else a session sends for progress of the second.
 */
function watchStreams(server: Server): (stream: ServerHttp2Stream) => void {
  const watched = new UnorderedSet<WatchedStream>();
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const it of watched.list()) {
      const { stream } = it;
      const isHeld = stream.writableEnded && !stream.writableFinished;
      const pending = stream.writableLength + (isHeld ? 1 : 0);
      if (pending === 0 || pending < it.pending) it.pendingSince = now;
      it.pending = pending;
      const isLate = !stream.readableEnded && now - it.startedAt >= requestLimitMs;
      const isUnread = now - it.pendingSince >= unreadLimitMs;
      if (isLate || isUnread) stream.close(constants.NGHTTP2_CANCEL);
    }
  }, sweepMs).unref();
  server.once("close", () => clearInterval(sweep));
  return (stream) => {
    const startedAt = performance.now();
    const it = { stream, startedAt, pending: 0, pendingSince: startedAt, place: -1 };
    watched.add(it);
    stream.on("close", () => watched.delete(it));
  };
}

/** Looks at the first bytes of a connection and puts them back. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  const timer = setTimeout(() => socket.destroy(), silenceLimitMs);
  const onError = () => socket.destroy();
  const stop = () => {
    clearTimeout(timer);
    socket.off("readable", onReadable);
    socket.off("error", onError);
    socket.off("close", stop);
  };
  let head = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) return;
    head = Buffer.concat([head, chunk]);
    const known = Math.min(head.length, preface.length);
    const isPrefix = head.subarray(0, known).equals(preface.subarray(0, known));
    if (isPrefix && known < preface.length) return;
    stop();
    socket.unshift(head);
    decide(isPrefix);
  };
  socket.on("readable", onReadable);
  socket.on("error", onError);
  socket.on("close", stop);
}
