import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { createLongRoom } from "./long-room.ts";
import { startStage } from "./stage.ts";
import {
  assertInOrder,
  assertScrolled,
  inSight,
  takeFrames,
  untilAhead,
  untilSteady,
} from "./watched-list.ts";

const count = 10_000;

describe("a room of 10,000 messages", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());
  const { open, openWatched } = await createLongRoom(stage, count);

  // So high that it takes fewer turns of the wheel.
  const page = await openWatched({ width: 1280, height: 2_400 });

  /** Turns the wheel until a message is in sight that nothing follows in this direction. */
  const readTo = async (end: number, direction: number) => {
    const seen = new Set<number>();
    while (!seen.has(end)) {
      // A turn is less than what is in sight, so that every row is seen.
      const [turns, turnPx] = [10, direction * 2_200];
      for (let i = 0; i < turns; i++) {
        await page.mouse.wheel(0, turnPx);
        await untilAhead(page, turnPx, end);
      }
      await untilSteady(page);
      const frames = await takeFrames(page);
      assertInOrder(frames);
      for (const { seq } of frames.flatMap(inSight)) seen.add(seq);
      // Where it ends the wheel turns on for nothing.
      assertScrolled(frames, seen.has(end) ? undefined : turns * turnPx);
    }
    assert.equal(seen.size, count);
  };

  // A slow machine takes more than the two minutes that other tests have.
  const slow = { timeout: 300_000 };

  test("is read by the wheel from its end to its beginning without a jump", slow, () =>
    readTo(1, -1),
  );

  test("is read back from there to its end without a jump", slow, () => readTo(count, 1));

  test("says how long its frames take", async (t) => {
    await page.close();
    await using other = await open({ width: 1280, height: 800 });
    t.diagnostic(`largest contentful paint: ${(await largestPaint(other)).toFixed(0)} ms`);
    await noteFrames(other);
    for (const direction of [-1, 1]) {
      for (let i = 0; i < 200; i++) await other.mouse.wheel(0, direction * 120);
      t.diagnostic(spread(await other.evaluate(() => globalThis.frameTimes.splice(0))));
    }
  });
});

declare global {
  var frameTimes: number[];
}

function largestPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) =>
          resolve(list.getEntries().at(-1)?.startTime ?? 0),
        ).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
}

async function noteFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.frameTimes = [];
    let before = performance.now();
    const next = (now: number) => {
      globalThis.frameTimes.push(now - before);
      before = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
}

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) =>
    sorted[Math.ceil(sorted.length * part) - 1]?.toFixed(1),
  );
  const long = sorted.filter((it) => it > 50).length;
  return `${sorted.length} frames: p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms, ${long} over 50 ms`;
}
