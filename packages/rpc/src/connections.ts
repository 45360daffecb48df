import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";

/** Connections to one server, as many as the calls under way need. */
export interface Connections {
  /** Of the server: `http://host:port`. */
  authority: string;
  /** How the head of a request names the server: `:scheme` and `:authority` (RFC 9113, section 8.3.1). */
  target: readonly string[];
  /** Begins a request, at once where a connection is there. @throws Error of node:http2 or of the socket */
  open: (
    headers: OutgoingHttpHeaders | readonly string[],
    options?: ClientSessionRequestOptions,
  ) => ClientHttp2Stream | Promise<ClientHttp2Stream>;
  /** The same, as Connect for Node asks for it. */
  request: (
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    options: ClientSessionRequestOptions,
  ) => Promise<ClientHttp2Stream>;
  /** A stream has brought something. */
  notifyResponseByteRead: (stream: ClientHttp2Stream) => void;
  close: () => void;
}

interface Connection {
  session: ClientHttp2Session;
  /** Until it is there. */
  opening: Promise<unknown> | undefined;
  /** Gets no more calls; ends with the last of those under way. */
  isRetired: boolean;
  /** Under way. */
  calls: number;
  /** That were given up, by either end. */
  resets: number;
  /** Given up one after the other without a word from the other end. */
  silent: number;
  heardAt: number;
}

/**
 * What one connection carries at once, and how many of its calls may be given up. Servers of
 * ours end a connection after 200 resets in a row, with all that is under way on it, and let
 * 250 calls in at once; so the sum stays below both. Calls that wait long, as logins do in a
 * rush, then hold up no others.
 */
const mostAtOnce = 90;
const mostResets = 90;
/**
 * A connection on which this many calls in a row, each of so long, hear nothing may be dead: it
 * gets no more calls. Those under way go on, for the other end may just be slow.
 */
const mostSilent = 2;
const silentMs = 500;
/**
 * What the other end may send before we have read it. A few pages fill the 64 KiB that HTTP/2
 * gives by itself, and each then waits for leave to go on, which costs as much as the page.
 */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;
/** Less than the deadline of a call, so that the next one after it has a new connection. */
const connectMs = 2_000;
/** Shorter than servers of ours keep a connection that nobody uses. */
const idleMs = 5 * 60_000;

/** What a server says to a call that it hasn't looked at: the connection takes no more. */
export const refusals = new Set<number | undefined>([
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

export function openConnections(url: string): Connections {
  const { host, origin, protocol } = new URL(url);
  const connections = new Set<Connection>();

  const begin = () => {
    const session = connect(origin, { settings: { initialWindowSize: streamWindowBytes } });
    const connection: Connection = {
      session,
      opening: opened(session).then(() => {
        connection.opening = undefined;
      }),
      isRetired: false,
      calls: 0,
      resets: 0,
      silent: 0,
      heardAt: 0,
    };
    const lose = () => {
      connection.isRetired = true;
      connections.delete(connection);
    };
    session.on("error", lose);
    session.on("close", lose);
    session.on("goaway", () => {
      connection.isRetired = true;
    });
    session.setTimeout(idleMs, () => {
      if (connection.calls === 0) session.close();
    });
    connections.add(connection);
    return connection;
  };
  const pick = () => {
    for (const it of connections) {
      const isOpen = !it.isRetired && !it.session.closed && !it.session.destroyed;
      if (isOpen && it.calls < mostAtOnce) return it;
    }
    return begin();
  };
  const hear = (connection: Connection) => {
    connection.heardAt = performance.now();
    connection.silent = 0;
  };
  const settle = (connection: Connection) => {
    connection.calls--;
    if (connection.resets >= mostResets) connection.isRetired = true;
    if (connection.calls > 0) return;
    // An idle connection keeps no process alive.
    connection.session.unref();
    if (!connection.isRetired) return;
    connections.delete(connection);
    connection.session.destroy(undefined, constants.NGHTTP2_CANCEL);
  };
  const watch = (connection: Connection, stream: ClientHttp2Stream) => {
    const startedAt = performance.now();
    stream.on("error", () => undefined);
    stream.on("close", () => {
      const isGivenUp = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      if (isGivenUp) connection.resets++;
      const isSilent =
        isGivenUp && connection.heardAt < startedAt && performance.now() - startedAt >= silentMs;
      const isDead = isSilent && ++connection.silent >= mostSilent;
      if (isDead || refusals.has(stream.rstCode)) connection.isRetired = true;
      settle(connection);
    });
    return stream;
  };
  const open: Connections["open"] = (headers, options) => {
    const connection = pick();
    if (connection.calls++ === 0) connection.session.ref();
    const start = () => {
      const { session } = connection;
      // It has ended in the moment in which it was there.
      const isOver = session.closed || session.destroyed;
      try {
        if (!isOver) return watch(connection, session.request(headers, options));
      } catch (thrown) {
        settle(connection);
        throw thrown;
      }
      settle(connection);
      return open(headers, options);
    };
    return connection.opening
      ? connection.opening.then(start, (thrown: unknown) => {
          settle(connection);
          throw thrown;
        })
      : start();
  };

  return {
    authority: origin,
    target: [":scheme", protocol.slice(0, -1), ":authority", host],
    open,
    request: async (method, path, headers, options) =>
      // Left to itself Node writes an IPv6 address without its brackets.
      open({ ":method": method, ":path": path, ":authority": host, ...headers }, options),
    notifyResponseByteRead(stream) {
      for (const it of connections) if (it.session === stream.session) hear(it);
    },
    close() {
      for (const { session } of connections) session.destroy(undefined, constants.NGHTTP2_CANCEL);
    },
  };
}

function opened(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.once("connect", () => {
      // Node says this of sessions too that were destroyed before it, and those throw.
      if (session.destroyed) return reject(new Error("the connection was closed"));
      session.setLocalWindowSize(connectionWindowBytes);
      resolve();
    });
    session.once("error", reject);
    session.once("close", () => reject(new Error("the connection was closed")));
    // TCP tries again ever later: a new connection gets through as soon as one can.
    const timer = setTimeout(() => {
      reject(new Error("no connection in time"));
      // Its socket ends only when TCP gives up, which nobody has to wait for.
      session.unref();
      session.destroy();
    }, connectMs);
    for (const event of ["connect", "close"]) session.once(event, () => clearTimeout(timer));
  });
}
