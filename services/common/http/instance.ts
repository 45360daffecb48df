/**
 * How polling clients stay with one message instance: the gateway tells an instance its
 * index with the first request, the instance puts it into the session id, and any gateway
 * reads it there later.
 */
export const instanceHeader = "x-instance";

const pattern = /^i(\d{1,4})_/;

/** A session id that names the instance. */
export function withInstance(index: string, sessionId: string): string {
  const prefix = `i${index}_`;
  return pattern.test(prefix) ? prefix + sessionId : sessionId;
}

/** The index in a session id; undefined if it names none. */
export function instanceOf(sessionId: string): number | undefined {
  const index = pattern.exec(sessionId)?.[1];
  return index === undefined ? undefined : Number(index);
}
