import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Batching, createGroupCommit } from "#message/store/group-commit.ts";

/** Batches that end by a call. */
function setUp(options: Batching) {
  const batches: { items: string[]; end: () => void }[] = [];
  let onBatch = () => {};
  const commit = createGroupCommit<string, string>({
    ...options,
    keyOf: (item) => item.slice(0, 1),
    sizeOf: () => 100,
    write(items) {
      const written = Promise.withResolvers<PromiseSettledResult<string>[]>();
      const end = () =>
        written.resolve(
          items.map((value) => ({ status: "fulfilled", value: value.toUpperCase() })),
        );
      batches.push({ items, end });
      onBatch();
      return written.promise;
    },
    isFaultOfItem: () => false,
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      onBatch = () => {
        if (batches.length >= count) resolve();
      };
      onBatch();
    });
  return { commit, batches, until };
}

describe("group commit", () => {
  test("gathers what comes while a batch is written, each key in its order", async () => {
    const { commit, batches, until } = setUp({ lanes: 4, laneDelayMs: 60_000, isMixed: true });
    const first = commit.add("a1");
    await until(1);
    const rest = ["b1", "a2", "b2", "a3"].map((item) => commit.add(item));
    assert.equal(commit.depth(), 5);
    batches[0]?.end();
    assert.equal(await first, "A1");
    await until(2);
    assert.deepEqual(batches[1]?.items, ["b1", "b2", "a2", "a3"]);
    batches[1]?.end();
    assert.deepEqual(await Promise.all(rest), ["B1", "A2", "B2", "A3"]);
    assert.equal(commit.depth(), 0);
  });

  test("lets other keys pass a batch that is stuck, never the same", async () => {
    const { commit, batches, until } = setUp({ lanes: 2, laneDelayMs: 10, isMixed: true });
    const stuck = commit.add("a1");
    await until(1);
    const same = commit.add("a2");
    const other = commit.add("b1");
    await until(2);
    assert.deepEqual(batches[1]?.items, ["b1"]);
    batches[1]?.end();
    assert.equal(await other, "B1");
    assert.equal(batches.length, 2);
    batches[0]?.end();
    await stuck;
    await until(3);
    batches[2]?.end();
    assert.equal(await same, "A2");
  });

  test("keeps keys apart where batches have one each", async () => {
    const { commit, batches, until } = setUp({ lanes: 8, laneDelayMs: 0, isMixed: false });
    const all = ["a1", "b1", "a2"].map((item) => commit.add(item));
    await until(2);
    assert.deepEqual(
      batches.map(({ items }) => items),
      [["a1", "a2"], ["b1"]],
    );
    for (const { end } of batches) end();
    await Promise.all(all);
  });

  test("takes 512 items a batch at most, and then lets another key go first", async () => {
    const { commit, batches, until } = setUp({ lanes: 1, laneDelayMs: 0, isMixed: true });
    const all = [...Array.from({ length: 600 }, (_, i) => `a${i}`), "b0"].map(commit.add);
    await until(1);
    assert.equal(batches[0]?.items.length, 512);
    batches[0]?.end();
    await until(2);
    assert.deepEqual(batches[1]?.items.slice(0, 2), ["b0", "a512"]);
    batches[1]?.end();
    await Promise.all(all);
  });

  const outage = new Error("outage");
  const commitOf = (write: (items: string[]) => PromiseSettledResult<string>[]) =>
    createGroupCommit<string, string>({
      lanes: 1,
      laneDelayMs: 0,
      isMixed: true,
      keyOf: (item) => item.slice(0, 1),
      sizeOf: () => 100,
      write: async (items) => write(items),
      isFaultOfItem: (error) => error !== outage,
    });
  const fulfilled = (items: string[]) =>
    items.map((value) => ({ status: "fulfilled", value }) as const);
  const statuses = (settled: PromiseSettledResult<string>[]) =>
    settled.map((it) => (it.status === "fulfilled" ? it.value : String(it.reason)));

  test("fails an item that can't be written, and writes its neighbours in their order", async () => {
    const written: string[] = [];
    const commit = commitOf((items) => {
      if (items.some((item) => item.endsWith("!"))) throw new Error(`no ${items}`);
      written.push(...items);
      return fulfilled(items);
    });
    const all = await Promise.allSettled(["a1", "a2!", "b1", "a3"].map(commit.add));
    assert.deepEqual(statuses(all), ["a1", "Error: no a2!", "b1", "a3"]);
    assert.deepEqual(written, ["a1", "a3", "b1"]);
  });

  test("writes again only what failed of a batch", async () => {
    const batches: string[][] = [];
    const commit = commitOf((items) => {
      batches.push(items);
      if (items.length === 1) return fulfilled(items);
      return items.map((value, i) =>
        i === 0
          ? { status: "fulfilled", value }
          : { status: "rejected", reason: new Error("later") },
      );
    });
    const all = await Promise.allSettled(["a1", "a2", "a3"].map(commit.add));
    assert.deepEqual(statuses(all), ["a1", "a2", "a3"]);
    assert.deepEqual(batches, [["a1", "a2", "a3"], ["a2"], ["a3"]]);
  });

  test("fails a whole batch at once for what is no fault of an item", async () => {
    const batches: string[][] = [];
    const commit = commitOf((items) => {
      batches.push(items);
      throw outage;
    });
    const all = await Promise.allSettled(["a1", "b1"].map(commit.add));
    assert.deepEqual(statuses(all), ["Error: outage", "Error: outage"]);
    assert.deepEqual(batches, [["a1", "b1"]]);
    assert.equal(commit.depth(), 0);
  });
});
