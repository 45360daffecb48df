import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "../../services/message/store/postgres/store.ts";
import { setStage } from "./harness/stage.ts";

/** The part of the past that is asked for is the pause before, and this. */
const slackMs = 5_000;

test("an instance without Redis asks the store every second, not every other", async () => {
  const short = Promise.withResolvers<void>();
  await using stage = await setStage();
  await using store = await openPostgresStore(
    stage.database.url,
    createLogger("message", "silent"),
  );
  assert.ok(store);
  short.resolve();
  await short.promise;
  assert.equal(slackMs, 5_000);
});
