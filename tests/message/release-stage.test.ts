import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { createStages, type StagesOptions } from "#message/realtime/stage.ts";
import { range } from "./harness/services.ts";

const message = (seq: number) => create(MessageSchema, { seq });

function stageOf({
  position = 0,
  ...options
}: Partial<StagesOptions<Message>> & { position?: number } = {}) {
  const released: number[] = [];
  const reads: [number, number][] = [];
  const stages = createStages<Message>({
    hasGaps: false,
    numberOf: (it) => it.seq,
    async read(_key, from, to) {
      reads.push([from, to]);
      return range(from, to).map(message);
    },
    release: (_key, { seq }) => released.push(seq),
    onStuck: () => undefined,
    ...options,
  });
  const stage = stages.open("log", position);
  return {
    released,
    reads,
    offer: (item: Message) => stages.offer(stage, item),
    hint: (number: number) => stages.hint(stage, number),
    position: () => stages.position(stage),
    reached: (number: number) => stages.reached(stage, number),
    caughtUp: () => stages.caughtUp(stage),
    close: () => stages.close(stage),
    /** How much is kept for what waits. */
    isIdle: () => stage.ahead === undefined && stage.waiters === undefined,
  };
}

describe("the release stage", () => {
  test("lets messages out in order and each once, however they come", async () => {
    const stage = stageOf();
    for (const seq of [2, 1, 1, 4, 3, 2, 5, 5]) stage.offer(message(seq));
    assert.deepEqual(stage.released, [1, 2, 3, 4, 5]);
    assert.deepEqual(stage.reads, []);
  });

  test("reads a hole that lasts from the store", async () => {
    const stage = stageOf();
    stage.offer(message(4));
    assert.equal(await stage.reached(4), true);
    assert.deepEqual(stage.released, [1, 2, 3, 4]);
    assert.equal(stage.reads.length, 1);
    assert.ok(stage.isIdle(), "nothing is kept for what doesn't wait any more");
  });

  test("fetches what a hint says is there", async () => {
    const stage = stageOf({ position: 10 });
    stage.hint(10);
    stage.hint(700);
    assert.equal(await stage.reached(700), true);
    assert.deepEqual(stage.released, range(11, 700));
    assert.ok(stage.reads.every(([from, to]) => to - from < 200));
  });

  test("goes on after a failed read, and with what comes during it", async () => {
    let fails = 1;
    const stage = stageOf({
      async read(_key, from, to) {
        if (fails-- > 0) throw new Error("the store is away");
        stage.offer(message(4));
        return range(from, to).map(message);
      },
    });
    stage.hint(3);
    assert.equal(await stage.reached(4), true);
    assert.deepEqual(stage.released, [1, 2, 3, 4]);
  });

  test("doesn't wait for numbers that a log with gaps leaves out", async () => {
    const stored = [2, 5, 250].map(message);
    const stage = stageOf({
      hasGaps: true,
      read: async (_key, from, to) => stored.filter(({ seq }) => seq >= from && seq <= to),
    });
    stage.hint(300);
    stage.offer(message(4));
    assert.equal(await stage.reached(300), true);
    assert.deepEqual(stage.released, [2, 4, 5, 250]);
    assert.equal(stage.position(), 300);
    assert.equal(await stage.caughtUp(), true);
    for (const seq of [3, 250, 302, 301]) stage.offer(message(seq));
    assert.deepEqual(stage.released, [2, 4, 5, 250, 301, 302]);
  });

  test("prefers what was offered to what is read", async () => {
    const offered = message(2);
    const got: Message[] = [];
    const stage = stageOf({ hasGaps: true, release: (_key, it) => got.push(it) });
    stage.offer(offered);
    await stage.reached(2);
    assert.equal(got.length, 2);
    assert.equal(got[1], offered);
  });

  test("says so when it closes before", async () => {
    const stage = stageOf();
    const reached = stage.reached(1);
    stage.close();
    assert.equal(await reached, false);
    stage.offer(message(1));
    assert.deepEqual(stage.released, []);
  });

  test("tells when a hole can't be filled", async () => {
    const stuck = Promise.withResolvers<void>();
    const stage = stageOf({
      read: async () => [],
      onStuck: () => stuck.resolve(),
      stuckAfterMs: 300,
    });
    stage.offer(message(2));
    await stuck.promise;
    assert.deepEqual(stage.released, []);
    stage.close();
  });
});
