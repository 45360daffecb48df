import assert from "node:assert/strict";
import type { Page } from "playwright-core";

/** What stands in the list of messages when a frame is painted. */
export interface Frame {
  at: number;
  height: number;
  /** How much there is above what is in sight, and below it. */
  above: number;
  below: number;
  /** The numbers of the first and the last row, and how many rows there are. */
  first: number;
  last: number;
  count: number;
  /** The rows in sight and near it. */
  rows: Place[];
}

interface Place {
  seq: number;
  top: number;
  bottom: number;
}

declare global {
  var watched: Frame[];
}

/** Notes what stands in the list of messages, in each frame from now on. */
export async function watchList(page: Page): Promise<void> {
  await page.evaluate(() => {
    const nearPx = 2_400;
    const list = document.querySelector('[role="feed"][aria-label="Messages"]');
    if (!list) throw new Error("no list of messages");
    const placeOf = (row: Element): Place => {
      const { top, bottom } = row.getBoundingClientRect();
      const edge = list.getBoundingClientRect().top;
      const seq = Number.parseInt(row.querySelector(".content")?.textContent ?? "", 10);
      return { seq, top: top - edge, bottom: bottom - edge };
    };
    const placesFrom = (rows: Element[], leastBottom: number, mostTop: number) => {
      let [from, to] = [0, rows.length];
      while (from < to) {
        const middle = (from + to) >> 1;
        const row = rows[middle];
        if (row && placeOf(row).bottom < leastBottom) from = middle + 1;
        else to = middle;
      }
      const places: Place[] = [];
      for (const row of rows.slice(from)) {
        const place = placeOf(row);
        if (place.top > mostTop) break;
        places.push(place);
      }
      return places;
    };
    globalThis.watched = [];
    const note = () => {
      const all = [...list.querySelectorAll(".message")];
      const [first, last] = [all[0], all.at(-1)];
      if (!first || !last) return;
      const { clientHeight: height, scrollTop: above, scrollHeight } = list;
      globalThis.watched.push({
        at: performance.now(),
        height,
        above,
        below: scrollHeight - height - above,
        first: placeOf(first).seq,
        last: placeOf(last).seq,
        count: all.length,
        rows: placesFrom(all, -nearPx, height + nearPx),
      });
    };
    // What is observed is told when everything has its place, just before it is painted.
    const probe = document.createElement("div");
    probe.style.position = "fixed";
    document.body.append(probe);
    new ResizeObserver(note).observe(probe);
    let width = 1;
    const next = () => {
      width = 3 - width;
      probe.style.width = `${width}px`;
      requestAnimationFrame(next);
    };
    next();
  });
}

/** What was noted since this was asked last; the last frame of then is the first now. */
export function takeFrames(page: Page): Promise<Frame[]> {
  return page.evaluate(() => {
    const frames = globalThis.watched;
    globalThis.watched = frames.slice(-1);
    return frames;
  });
}

/** Waits until what was scrolled is painted, and so much can be scrolled again, up or down. */
export async function untilAhead(page: Page, byPx: number, end: number): Promise<void> {
  await page.evaluate(
    async ([by, endSeq]) => {
      // The first of them may have begun before it was scrolled.
      for (let frames = 0; ; frames++) {
        await new Promise(requestAnimationFrame);
        const now = globalThis.watched.at(-1);
        if (frames < 2 || !now) continue;
        const isAtEnd = (by < 0 ? now.first : now.last) === endSeq;
        if (isAtEnd || (by < 0 ? now.above : now.below) >= Math.abs(by)) break;
      }
    },
    [byPx, end] as const,
  );
}

/** Waits until rows were put before those that were there when frames were taken. */
export async function untilOlder(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { watched } = globalThis;
    return (watched.at(-1)?.first ?? 0) < (watched[0]?.first ?? 0);
  });
}

/** Waits until three frames, from now on, are alike. */
export async function untilSteady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const begunAt = performance.now();
    for (;;) {
      await new Promise(requestAnimationFrame);
      // The first of them may have been under way.
      const frames = globalThis.watched.filter(({ at }) => at > begunAt).slice(1);
      const [a, b, c] = frames.slice(-3).map((it) => JSON.stringify({ ...it, at: 0 }));
      if (a !== undefined && a === b && b === c) break;
    }
  });
}

/** Numbers that follow one another, each once. */
export function assertInOrder(frames: readonly Frame[]): void {
  for (const { first, last, count, rows } of frames) {
    assert.equal(count, last - first + 1, `${count} rows, ${first} to ${last}`);
    for (const [i, { seq }] of rows.entries()) assert.equal(seq, (rows[0]?.seq ?? 0) + i);
  }
}

export function inSight({ rows, height }: Frame): Place[] {
  return rows.filter(({ top, bottom }) => bottom > 0 && top < height);
}

/** How far what is in sight moved from each frame to the next: all rows as far. */
export function movesOf(frames: readonly Frame[]): number[] {
  const moves: number[] = [];
  for (const [i, frame] of frames.entries()) {
    const before = frames[i - 1];
    if (!before) continue;
    const tops = new Map(before.rows.map(({ seq, top }) => [seq, top]));
    const seen = new Set([...inSight(before), ...inSight(frame)].map(({ seq }) => seq));
    const moved = frame.rows.flatMap(({ seq, top }) => {
      const topBefore = tops.get(seq);
      return topBefore !== undefined && seen.has(seq) ? [top - topBefore] : [];
    });
    const [least, most] = [Math.min(...moved), Math.max(...moved)];
    assert.ok(most - least <= 1, `rows in sight moved by ${least} to ${most} px`);
    moves.push(least);
  }
  return moves;
}

/** That nothing moved but by scrolling: so far in all, and never back. */
export function assertScrolled(frames: readonly Frame[], byPx?: number): number {
  const moves = movesOf(frames).map((it) => -it);
  const sum = moves.reduce((a, b) => a + b, 0);
  const isOneWay = moves.every((it) => it * sum >= 0 || Math.abs(it) <= 1);
  assert.ok(isOneWay, `moved to and fro: ${moves}`);
  if (byPx !== undefined) assert.ok(Math.abs(sum - byPx) <= 1, `moved ${sum} px for ${byPx}`);
  return sum;
}
