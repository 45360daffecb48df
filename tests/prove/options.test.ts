import assert from "node:assert/strict";
import { test } from "node:test";
import { faultKinds } from "#tools/prove/faults/kinds.ts";
import { help, parseOptions, UsageError } from "#tools/prove/options.ts";
import { createRandom } from "#tools/prove/random.ts";

test("without flags: a minute, all faults, a seed of its own", () => {
  const options = parseOptions([]);
  assert.ok(options !== "help");
  assert.equal(options.seconds, 60);
  assert.deepEqual(options.faults, faultKinds);
  assert.equal(options.store, "postgres");
  assert.ok(Number.isInteger(options.seed));
});

test("flags that can't be used are named", () => {
  for (const args of [["--seconds", "0"], ["--faults", "rain"], ["--store", "x"], ["--what"]]) {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && error.message.includes(args.at(-1) ?? ""),
    );
  }
});

test("how long all may be silent has a limit on PostgreSQL, and another by the flag", () => {
  for (const [args, silence] of [
    [[], 5],
    [["--store", "mongo"], undefined],
    [["--store", "mongo", "--silence", "30"], 30],
    [["--silence", "60"], 60],
  ] as const) {
    const options = parseOptions(args);
    assert.ok(options !== "help");
    assert.equal(options.silence, silence);
  }
});

test("the help names every fault", () => {
  assert.equal(parseOptions(["--help"]), "help");
  for (const kind of faultKinds) assert.ok(help.includes(kind), kind);
});

test("a seed repeats a plan", () => {
  const plan = (seed: number) => {
    const random = createRandom(seed);
    return [random.shuffle(faultKinds), random.between(1, 9), random.pick(faultKinds)];
  };
  assert.deepEqual(plan(7), plan(7));
  assert.notDeepEqual(plan(7), plan(8));
});
