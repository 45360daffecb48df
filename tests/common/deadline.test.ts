import assert from "node:assert/strict";
import { test } from "node:test";
import { pause, withDeadline } from "#common/deadline.ts";
import { AppError } from "#contract/errors.ts";

const never = new Promise<string>(() => undefined);

test("work that is done in time gives its result or its failure", async () => {
  assert.equal(await withDeadline(Promise.resolve("done"), 1_000), "done");
  await assert.rejects(withDeadline(Promise.reject(new Error("broken")), 1_000), /broken/);
});

test("work that is late is UNAVAILABLE, or what the caller answers in its place", async () => {
  await assert.rejects(
    withDeadline(never, 1),
    (error) => error instanceof AppError && error.code === "UNAVAILABLE",
  );
  assert.equal(await withDeadline(never, -1, () => "late"), "late");
  const onLate = () => {
    throw new Error("too late");
  };
  await assert.rejects(withDeadline(never, 1, onLate), /too late/);
});

test("what late work comes to is nobody's failure", async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  assert.equal(await withDeadline(promise, 1, () => "late"), "late");
  reject(new Error("broken later"));
  await pause(1);
});

test("a pause ends with its signal", async () => {
  const ending = new AbortController();
  const paused = pause(60_000, ending.signal);
  ending.abort();
  await paused;
  await pause(60_000, ending.signal);
});
