import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestLog, noteSecret } from "#tools/rig/log.ts";

test("a failure that the contract doesn't declare fails the test in whose log it is", () => {
  const { log, ...held } = createTestLog("auth");
  log.error({ method: "Login", code: "ROOM_NOT_FOUND" }, "undeclared failure");
  assert.throws(() => held[Symbol.dispose](), /auth: .*undeclared failure/);
});

test("so does a secret, as it is or as a JSON text within another shows it", () => {
  noteSecret('a "quoted" secret of this test');
  for (const text of ['got a "quoted" secret of this test', "nothing"]) {
    const { log, ...held } = createTestLog("auth");
    log.info(text);
    if (text === "nothing") held[Symbol.dispose]();
    else assert.throws(() => held[Symbol.dispose](), /holds a secret|auth: /);
  }
});
