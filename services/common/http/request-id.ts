import type { IncomingMessage } from "node:http";
import { requestIdFrom, requestIdHeader } from "#rpc";

const known = new WeakMap<IncomingMessage, string>();

/** The client's own `X-Request-Id` if it has the form of one, or a new one. */
export function requestIdOf(req: IncomingMessage): string {
  let id = known.get(req);
  if (id === undefined) {
    id = requestIdFrom(req.headers[requestIdHeader]);
    known.set(req, id);
  }
  return id;
}
