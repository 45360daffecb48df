import { type ClientHttp2Stream, constants } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/** What the transport needs of a session manager. */
type Sessions = Pick<Http2SessionManager, "authority" | "notifyResponseByteRead" | "request">;

/** Connections to one server, as many as the calls under way need. */
export interface Connections extends Sessions {
  close: () => void;
}

interface Connection {
  sessions: Http2SessionManager;
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
/** What a server says to a call that it hasn't looked at: the connection takes no more. */
const refusals = new Set<number | undefined>([
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

export function openConnections(url: string): Connections {
  const connections = new Set<Connection>();
  const callers = new WeakMap<ClientHttp2Stream, Connection>();
  const guarded = new WeakSet<object>();

  const pick = () => {
    for (const it of connections) if (!it.isRetired && it.calls < mostAtOnce) return it;
    // No pings: the manager's timer can ping a session that has been destroyed, which ends the
    // process (connect-es #1795). Counting silent calls takes their place.
    const sessions = new Http2SessionManager(url);
    const connection = { sessions, isRetired: false, calls: 0, resets: 0, silent: 0, heardAt: 0 };
    connections.add(connection);
    return connection;
  };
  const hear = (connection: Connection) => {
    connection.heardAt = performance.now();
    connection.silent = 0;
  };
  const settle = (connection: Connection) => {
    connection.calls--;
    if (connection.resets >= mostResets) connection.isRetired = true;
    if (connection.calls > 0 || !connection.isRetired) return;
    connections.delete(connection);
    connection.sessions.abort();
  };
  const watch = (connection: Connection, stream: ClientHttp2Stream) => {
    const startedAt = performance.now();
    callers.set(stream, connection);
    // A request right after a GOAWAY leaves an error on a session that nobody listens to,
    // which would end the process (connect-es #1768).
    if (stream.session && !guarded.has(stream.session)) {
      guarded.add(stream.session);
      stream.session.on("error", () => undefined);
    }
    stream.once("response", () => hear(connection));
    stream.once("close", () => {
      const isGivenUp = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
      if (isGivenUp) connection.resets++;
      const isSilent =
        isGivenUp && connection.heardAt < startedAt && performance.now() - startedAt >= silentMs;
      const isDead = isSilent && ++connection.silent >= mostSilent;
      if (isDead || refusals.has(stream.rstCode)) connection.isRetired = true;
      settle(connection);
    });
  };

  const { host, origin } = new URL(url);
  return {
    authority: origin,
    notifyResponseByteRead(stream) {
      const connection = callers.get(stream);
      if (connection) hear(connection);
    },
    async request(method, path, headers, options) {
      const connection = pick();
      connection.calls++;
      try {
        const stream = await connection.sessions.request(
          method,
          path,
          // Left to itself Node writes an IPv6 address without its brackets.
          { ":authority": host, ...headers },
          options,
        );
        watch(connection, stream);
        return stream;
      } catch (thrown) {
        settle(connection);
        throw thrown;
      }
    },
    close() {
      for (const { sessions } of connections) sessions.abort();
    },
  };
}
