import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "#tools/prove/random.ts";
import { UnorderedSet } from "../../packages/rpc/src/unordered-set.ts";

test("holds what was added and not deleted, whatever the order", () => {
  const random = createRandom(7);
  const members = Array.from({ length: 40 }, () => ({ place: -1 }));
  const set = new UnorderedSet<{ place: number }>();
  const expected = new Set<{ place: number }>();
  for (let i = 0; i < 5_000; i++) {
    const it = random.pick(members);
    if (expected.has(it) || random.next() < 0.3) {
      set.delete(it);
      expected.delete(it);
    } else {
      set.add(it);
      expected.add(it);
    }
    assert.deepEqual(new Set(set.list()), expected);
    assert.equal(set.list().length, expected.size);
  }
});
