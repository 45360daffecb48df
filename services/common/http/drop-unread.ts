import type { ServerResponse } from "node:http";

/** An answer of which nobody takes a byte for so long, twice at most, is thrown away. */
export const unreadLimitMs = 10_000;

/** Cuts the connection of a client that doesn't read: what it has asked for would stay with us. */
export function dropUnread(res: ServerResponse): void {
  res.setTimeout(unreadLimitMs, () => {
    if (res.socket && res.socket.writableLength > 0) res.socket.destroy();
  });
}
