import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** The header that carries a request's id, over HTTP and from service to service. */
export const requestIdHeader = "x-request-id";

const current = new AsyncLocalStorage<string>();

/** The id that was sent, if it is 1 to 64 of A-Z, a-z, 0-9 and "-"; otherwise a new one. */
export function requestIdFrom(sent: unknown): string {
  return typeof sent === "string" && /^[A-Za-z0-9-]{1,64}$/.test(sent) ? sent : randomUUID();
}

/** Runs `work` for a request: calls that it makes, now or later, carry the id on. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return current.run(requestId, work);
}

/** Runs `work` for no request, such as what happens to a connection that one has opened for all. */
export function withoutRequestId<T>(work: () => T): T {
  return current.exit(work);
}

/** The id of the request that is being worked on. */
export function currentRequestId(): string | undefined {
  return current.getStore();
}
