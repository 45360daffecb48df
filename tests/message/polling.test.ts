import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { setStage } from "./harness/stage.ts";

/** Asked for is what has passed since the last time, and this. */
const slackMs = 5_000;
/** Timers may fire a moment early. */
const longPauseMs = 2_000 - 50;

test("an instance that nobody can tell anything asks sooner than after the long pause", {
  timeout: 30_000,
}, async () => {
  await using database = await createTestDatabase();
  const store = await openPostgresStore(database.url, createLogger("message", "silent"));
  const soon = Promise.withResolvers<number>();
  await using stage = await setStage(
    {},
    {
      store: {
        ...store,
        membershipChanges(users, when) {
          const passedMs = when.fromMs - slackMs;
          if (passedMs < longPauseMs) soon.resolve(passedMs);
          return store.membershipChanges(users, when);
        },
      },
    },
  );
  await stage.connect(await stage.auth.newUser());
  assert.ok((await soon.promise) > 0);
});
