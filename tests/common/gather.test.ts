import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createGather } from "#common/gather.ts";

/** A gather whose batches are answered by hand: each question by itself in capitals. */
function setUp(keyOf?: (question: string) => string) {
  const batches: { questions: string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  let onBatch = () => {};
  const put = createGather({
    ...(keyOf && { keyOf }),
    ask(questions: string[]) {
      const { promise, resolve, reject } = Promise.withResolvers<(question: string) => string>();
      const answerOf = (question: string) => {
        if (question === "poison") throw new Error("poisoned");
        return question.toUpperCase();
      };
      batches.push({ questions, answer: () => resolve(answerOf), fail: reject });
      onBatch();
      return promise;
    },
  });
  const asked = async (count: number) => {
    while (batches.length < count) {
      await new Promise<void>((resolve) => {
        onBatch = resolve;
      });
    }
    return batches.map(({ questions }) => questions);
  };
  return { put, batches, asked };
}

describe("gather", () => {
  test("asks together what is put in one turn, and at once what is put in a later one", async () => {
    const { put, batches, asked } = setUp();
    const first = [put("a"), put("b"), put("a")];
    assert.deepEqual(await asked(1), [["a", "b", "a"]]);
    // The first answer may be older than this question, so it isn't the answer to it.
    const second = put("a");
    assert.deepEqual(await asked(2), [["a", "b", "a"], ["a"]]);
    batches[1]?.answer();
    assert.equal(await second, "A");
    batches[0]?.answer();
    assert.deepEqual(await Promise.all(first), ["A", "B", "A"]);
  });

  test("lets no more than four batches go at once; the rest gathers", async () => {
    const { put, batches, asked } = setUp();
    const early: Promise<string>[] = [];
    for (let i = 1; i <= 4; i++) {
      early.push(put(`early ${i}`));
      await asked(i);
    }
    const late = [put("x")];
    await new Promise(setImmediate);
    late.push(put("y"));
    await new Promise(setImmediate);
    assert.equal(batches.length, 4);
    batches[2]?.answer();
    assert.equal(await early[2], "EARLY 3");
    assert.deepEqual((await asked(5)).at(-1), ["x", "y"]);
    for (const { answer } of batches) answer();
    assert.deepEqual(await Promise.all(late), ["X", "Y"]);
    await Promise.all(early);
  });

  test("one that can't be answered fails alone", async () => {
    const { put, batches, asked } = setUp();
    const answers = Promise.allSettled([put("a"), put("poison"), put("b")]);
    await asked(1);
    batches[0]?.answer();
    const [a, poison, b] = await answers;
    assert.deepEqual([a, b], [fulfilled("A"), fulfilled("B")]);
    assert.equal(poison?.status, "rejected");
    assert.equal(batches.length, 1);
  });

  test("where a batch fails each is asked again by itself, once", async () => {
    const { put, batches, asked } = setUp();
    const answers = Promise.allSettled([put("a"), put("b"), put("c")]);
    await asked(1);
    batches[0]?.fail(new Error("together"));
    assert.deepEqual((await asked(4)).slice(1), [["a"], ["b"], ["c"]]);
    batches[1]?.answer();
    batches[2]?.fail(new Error("alone"));
    batches[3]?.answer();
    const [a, b, c] = await answers;
    assert.deepEqual([a, c], [fulfilled("A"), fulfilled("C")]);
    assert.match(String(b?.status === "rejected" && b.reason), /alone/);
    // One that was alone from the start isn't asked again.
    const single = assert.rejects(put("d"), /gone/);
    await asked(5);
    batches[4]?.fail(new Error("gone"));
    await single;
    await new Promise(setImmediate);
    assert.equal(batches.length, 5);
  });

  test("asks together only what has one key", async () => {
    const { put, batches, asked } = setUp((question) => question.slice(0, 1));
    const answers = [put("a1"), put("b1"), put("a2")];
    assert.deepEqual(await asked(2), [["a1", "a2"], ["b1"]]);
    for (const { answer } of batches) answer();
    assert.deepEqual(await Promise.all(answers), ["A1", "B1", "A2"]);
  });
});

const fulfilled = (value: string) => ({ status: "fulfilled", value });
