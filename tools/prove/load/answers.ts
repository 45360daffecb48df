/** What REST and events answer, as far as clients look at it: the contract's tests look at the rest. */

/** The answer says neither yes nor no: the same may be asked again. */
export function isTemporary(code: unknown): boolean {
  return code === "UNAVAILABLE" || code === "BUSY" || code === "RATE_LIMITED";
}

/** The message that an answer carries. */
export function messageIn(
  answer: object,
): { id: string; seq: number; revision: number } | undefined {
  const data: unknown = "data" in answer ? answer.data : undefined;
  if (typeof data !== "object" || data === null) return undefined;
  if (!("id" in data && "seq" in data && "revision" in data)) return undefined;
  const { id, seq, revision } = data;
  if (typeof id !== "string" || typeof seq !== "number") return undefined;
  return typeof revision === "number" ? { id, seq, revision } : undefined;
}

/** The id of the room that an answer carries. */
export function roomIdIn(answer: object): string | undefined {
  const room: unknown = "room" in answer ? answer.room : undefined;
  if (typeof room !== "object" || room === null || !("id" in room)) return undefined;
  return typeof room.id === "string" ? room.id : undefined;
}
