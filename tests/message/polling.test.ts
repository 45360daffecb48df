import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { startServices } from "./harness/services.ts";

/** Timers may fire a moment early. */
const longPauseMs = 2_000 - 50;

test("an instance that nobody can notify asks sooner than after the long pause", {
  timeout: 30_000,
}, async () => {
  await using database = await createTestDatabase();
  const store = await openPostgresStore(database.url, createLogger("message", "silent"));
  const soon = Promise.withResolvers<number>();
  const askedAt: number[] = [];
  await using services = await startServices(
    {},
    {
      store: {
        ...store,
        membershipPositions(userIds) {
          const now = performance.now();
          const passedMs = now - (askedAt.at(-1) ?? 0);
          // The first time is when the user connects.
          if (askedAt.length > 1 && passedMs < longPauseMs) soon.resolve(passedMs);
          askedAt.push(now);
          return store.membershipPositions(userIds);
        },
      },
    },
  );
  await services.connect(await services.auth.newUser());
  assert.ok((await soon.promise) > 0);
});
