/**
 * Which messages make a page. Those from `from` on, or, where nothing is said, the last `limit`
 * of those that remain: without the `skip` newest ones, and none above `upTo`.
 */
export interface PageSpan {
  from?: number;
  upTo?: number;
  skip?: number;
  limit: number;
}

/** The numbers of a page of a room, both included; an empty page ends before it begins. */
export function numbersOf(
  { from, upTo = Number.POSITIVE_INFINITY, skip = 0, limit }: PageSpan,
  lastSeq: number,
): { from: number; to: number } {
  const to = Math.max(Math.min(upTo, lastSeq - skip), 0);
  return { from: from ?? Math.max(to - limit + 1, 1), to };
}
