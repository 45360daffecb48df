/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken(header: string | null | undefined): string | undefined {
  return /^Bearer +([^\s,]+)$/i.exec(header ?? "")?.[1];
}

/** Whether a header claims to carry a bearer token, a usable one or not. */
export function isBearer(header: string | undefined): boolean {
  return /^Bearer(?: |$)/i.test(header ?? "");
}

/**
 * How polling clients stay with one message instance: the gateway tells an instance its
 * index with the first request, the instance puts it into the session id, and any gateway
 * reads it there later.
 */
export const instanceHeader = "x-instance";

const instancePattern = /^i(\d{1,4})_/;

/** A session id that names the instance. */
export function withInstance(index: string, sessionId: string): string {
  const prefix = `i${index}_`;
  return instancePattern.test(prefix) ? prefix + sessionId : sessionId;
}

/** The index in a session id; undefined if it names none. */
export function instanceOf(sessionId: string): number | undefined {
  const index = instancePattern.exec(sessionId)?.[1];
  return index === undefined ? undefined : Number(index);
}
