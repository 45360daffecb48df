import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

const known = new WeakMap<IncomingMessage, string>();

/** The client's own `X-Request-Id` if it is 1 to 64 of A-Z, a-z, 0-9 and "-", or a new one. */
export function requestIdOf(req: IncomingMessage): string {
  let id = known.get(req);
  if (id === undefined) {
    const given = req.headers["x-request-id"];
    id = typeof given === "string" && /^[A-Za-z0-9-]{1,64}$/.test(given) ? given : randomUUID();
    known.set(req, id);
  }
  return id;
}
