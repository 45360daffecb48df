import type { ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";

/** An answer of which the client takes no byte for so long, twice at most, is thrown away. */
const unreadLimitMs = 10_000;

/** Ends the connection of an HTTP/1.1 client that doesn't read its answer. */
export function dropUnread(res: ServerResponse): void {
  res.setTimeout(unreadLimitMs, () => {
    if (res.socket && res.socket.writableLength > 0) res.socket.destroy();
  });
}

/** Node's own time limit takes whatever else its session sends for progress of a stream. */
export function dropUnreadStream(stream: ServerHttp2Stream): void {
  let before = 0;
  const timer = setInterval(() => {
    const isHeld = stream.writableEnded && !stream.writableFinished;
    const pending = stream.writableLength + (isHeld ? 1 : 0);
    if (before > 0 && pending >= before) stream.close(constants.NGHTTP2_CANCEL);
    before = pending;
  }, unreadLimitMs);
  stream.once("close", () => clearInterval(timer));
}
