import type { Socket } from "node:net";
import { isPlainAndOpen, queueOf, streamOf } from "./engine-internals.ts";
import type { ChatSocket } from "./types.ts";

/**
 * The TCP stream under a WebSocket, if a whole frame may be written to it now: nothing of
 * engine.io's, of the WebSocket's or of the stream's own is waiting, so that order holds, and
 * the peer has taken everything so far, so that one which doesn't read is still found where
 * packets are queued. Otherwise undefined, and engine.io's queue is the way.
 *
 * It passes by half of what a delivery costs besides the write itself.
 */
export function idleStreamOf(conn: ChatSocket["conn"]): Socket | undefined {
  if (queueOf(conn)?.length !== 0 || !isPlainAndOpen(conn)) return undefined;
  const stream = streamOf(conn);
  return stream?.writable && stream.writableLength === 0 ? stream : undefined;
}
