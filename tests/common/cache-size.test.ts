import assert from "node:assert/strict";
import { test } from "node:test";
import { LRUCache } from "lru-cache";
import { upTo } from "#common/cache-size.ts";

test("a full cache forgets what was not used for longest, set or fetched", async () => {
  const fetchMethod = async (key: string) => key.toUpperCase();
  const cache = new LRUCache<string, string>({ ...upTo(2), fetchMethod });
  cache.set("a", "A");
  await cache.fetch("b");
  cache.get("a");
  await cache.fetch("c");
  assert.deepEqual([...cache.entries()].sort(), [
    ["a", "A"],
    ["c", "C"],
  ]);
});
