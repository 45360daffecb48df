/** A row in sight, and where it stands below the first of all. */
export interface Anchor {
  row: Element;
  top: number;
}

/** Safari has no scroll anchoring. */
const isKeptByBrowser = CSS.supports("overflow-anchor", "auto");

/** How many of the rows end above a line across the window. */
export function countAbove(rows: HTMLCollection, line: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const { bottom = 0 } = rows[middle]?.getBoundingClientRect() ?? {};
    if (bottom > line) to = middle;
    else from = middle + 1;
  }
  return from;
}

export function anchorAt(row: Element): Anchor {
  return { row, top: topOf(row) };
}

/**
 * Scrolls on by what came or went above a row in sight, where the browser doesn't: none does at
 * the very start. Answers the anchor from then on.
 */
export function keepAnchor(list: Element, anchor: Anchor): Anchor {
  const { row, top } = anchor;
  if ((isKeptByBrowser && list.scrollTop > 0) || !row.isConnected) return anchor;
  const kept = anchorAt(row);
  // Even the same value written ends a scrolling that is under way.
  if (kept.top !== top) list.scrollTop += kept.top - top;
  return kept;
}

/** Among the rows, wherever they are scrolled to: that may have changed since the last event. */
function topOf(row: Element): number {
  const rows = row.parentElement?.getBoundingClientRect().top ?? 0;
  return row.getBoundingClientRect().top - rows;
}
