import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "pg";
import { codeOf, from, newName, password, registerUser, startFresh } from "./harness.ts";

test("of more logins than can be hashed in time each is let in or refused as busy", async () => {
  // A quarter of a second a hash, two at once: some sixteen can have theirs in two seconds.
  const passwordCost = { memoryCost: 19_456, timeCost: 30 };
  await using auth = await startFresh({}, { passwordCost });
  const { user } = await registerUser(auth.client);
  const login = () => codeOf(auth.client.login({ username: user.username, password }));
  assert.equal(await login(), "OK");

  // Nobody is looked up, and nobody hashes.
  const database = new Client({ connectionString: auth.database.url });
  await database.connect();
  await database.query("begin");
  await database.query("lock auth.users");
  const logins = Array.from({ length: 80 }, login);
  // A login that would wait too long is refused without waiting.
  const first = await Promise.race(logins).finally(() => database.end());
  assert.equal(first, "BUSY");
  const codes = await Promise.all(logins);
  assert.deepEqual(new Set(codes), new Set(["OK", "BUSY"]));

  // A place that is given up is free again.
  assert.equal(await login(), "OK");
});

test("who has signed in from here before gets in while outsiders fill the line", async () => {
  const passwordCost = { memoryCost: 19_456, timeCost: 15 };
  await using auth = await startFresh({}, { passwordCost });
  const home = from("198.51.100.1");
  const username = newName();
  const names = { firstName: "A", lastName: "B" };
  await auth.client.register(
    { username, email: `${username}@example.com`, password, ...names },
    home,
  );
  const login = (options: object) => codeOf(auth.client.login({ username, password }, options));
  const startedAt = performance.now();
  assert.equal(await login(home), "OK");
  const inTime = (2 * 2_000) / (performance.now() - startedAt);
  const outsiders = Array.from({ length: Math.ceil(1.4 * inTime) + 2 }, (_, i) =>
    login(from(`203.0.113.${i}`)),
  );
  const busy = outsiders.map(async (it) => assert.equal(await it, "BUSY"));
  await Promise.any(busy);
  assert.equal(await login(home), "OK");
  await Promise.allSettled(busy);
});
