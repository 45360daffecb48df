import assert from "node:assert/strict";
import { test } from "node:test";
import { oneAtATime } from "#tools/platform/web-client/one-at-a-time.ts";

/** Something that is under way until it is told to end. */
function recorded() {
  const ends: (() => void)[] = [];
  const act = oneAtATime(() => new Promise<void>((resolve) => void ends.push(resolve)));
  return { act, ends };
}

test("what is asked for while it is done is done once more afterwards", async () => {
  const { act, ends } = recorded();
  const first = act();
  const more = [act(), act()];
  assert.equal(ends.length, 1);
  ends[0]?.();
  await new Promise(setImmediate);
  assert.equal(ends.length, 2);
  ends[1]?.();
  await Promise.all([first, ...more]);
  assert.equal(ends.length, 2);
});

test("what is asked for later begins at once", async () => {
  const { act, ends } = recorded();
  const first = act();
  ends[0]?.();
  await first;
  const second = act();
  assert.equal(ends.length, 2);
  ends[1]?.();
  await second;
});

test("what is asked for while it fails is done all the same, and its outcome counts", async () => {
  const ends: PromiseWithResolvers<void>[] = [];
  const act = oneAtATime(() => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  });
  const asked = [act(), act()];
  ends[0]?.reject(new Error("the first fails"));
  await new Promise(setImmediate);
  assert.equal(ends.length, 2);
  ends[1]?.resolve();
  await Promise.all(asked);
  const last = act();
  ends[2]?.reject(new Error("the last fails"));
  await assert.rejects(last, { message: "the last fails" });
});
