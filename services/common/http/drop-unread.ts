import type { ServerResponse } from "node:http";
import { budgets } from "../budgets.ts";

/** Cuts the connection of a client that doesn't read, so that its answer isn't kept for ever. */
export function dropUnread(res: ServerResponse): void {
  res.setTimeout(budgets.http.unread, () => {
    if (res.socket && res.socket.writableLength > 0) res.socket.destroy();
  });
}
