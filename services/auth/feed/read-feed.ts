import { budgets } from "#common/budgets.ts";
import { findCursorBefore, listRevocations, type RevocationEvent } from "../db/revocations.ts";
import type { Db } from "../db/tables.ts";

/** A piece of the feed. */
export interface FeedPage {
  cursor: string;
  events: RevocationEvent[];
  /** The cursor that was given can't be followed any more. */
  isReset: boolean;
  hasMore: boolean;
}

const pageSize = 500;

/**
 * Reads on from a cursor. Without one: from all that can matter to a living access token
 * on; so too, with `isReset`, where what came after the cursor is no longer kept, or the
 * cursor is from another database.
 */
export async function readFeed(db: Db, cursor: string | undefined): Promise<FeedPage> {
  if (cursor !== undefined && isCursor(cursor)) {
    const page = await listRevocations(db, cursor, pageSize);
    const at = BigInt(cursor);
    if (at >= BigInt(page.prunedThrough) && at <= BigInt(page.head)) {
      return toPage(page.events, cursor, false);
    }
  }
  const start = await findCursorBefore(db, budgets.revocation.relevant / 1000);
  const { events } = await listRevocations(db, start, pageSize);
  return toPage(events, start, cursor !== undefined);
}

function toPage(events: RevocationEvent[], before: string, isReset: boolean): FeedPage {
  return {
    cursor: events.at(-1)?.id ?? before,
    events,
    isReset,
    hasMore: events.length === pageSize,
  };
}

function isCursor(text: string): boolean {
  return /^(0|[1-9]\d{0,18})$/.test(text) && BigInt(text) <= 0x7fffffffffffffffn;
}
