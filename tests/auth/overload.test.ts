import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "pg";
import { codeOf, from, newName, password, registerUser, startFresh } from "./harness.ts";

/** Some two hundred milliseconds a hash. */
const passwordCost = { memoryCost: 19_456, timeCost: 30 };

/** How many logins, two at once, are served in the two seconds that one waits at most. */
async function servedInTime(login: () => Promise<string>): Promise<number> {
  // The fastest of a few: the first one also pays for what is loaded and compiled once.
  const tookMs: number[] = [];
  for (let run = 0; run < 3; run++) {
    const startedAt = performance.now();
    assert.equal(await login(), "OK");
    tookMs.push(performance.now() - startedAt);
  }
  return (2 * 2_000) / Math.min(...tookMs);
}

test("of more logins than can be hashed in time each is let in or refused as busy", async () => {
  await using auth = await startFresh({}, { passwordCost });
  const { user } = await registerUser(auth.client);
  const login = () => codeOf(auth.client.login({ username: user.username, password }));
  const inTime = await servedInTime(login);

  // Nobody is looked up, and nobody hashes.
  const database = new Client({ connectionString: auth.database.url });
  await database.connect();
  await database.query("begin");
  await database.query("lock auth.users");
  // Twice as many as are served in time may wait, by the fastest hash, which a login is longer than.
  const logins = Array.from({ length: Math.ceil(6 * inTime) }, login);
  // A login that would wait too long is refused without waiting.
  const first = await Promise.race(logins).finally(() => database.end());
  assert.equal(first, "BUSY");
  const codes = await Promise.all(logins);
  assert.deepEqual(new Set(codes), new Set(["OK", "BUSY"]));

  // A place that is given up is free again.
  assert.equal(await login(), "OK");
});

test("who has signed in from here before gets in while outsiders fill the line", async () => {
  await using auth = await startFresh({}, { passwordCost });
  const home = from("198.51.100.1");
  const username = newName();
  const names = { firstName: "A", lastName: "B" };
  await auth.client.register(
    { username, email: `${username}@example.com`, password, ...names },
    home,
  );
  const login = (options: object) => codeOf(auth.client.login({ username, password }, options));
  const inTime = await servedInTime(() => login(home));
  // More than are served in time, and less than twice as many.
  const outsiders = Array.from({ length: Math.ceil(1.8 * inTime) }, (_, i) =>
    login(from(`203.0.113.${i}`)),
  );
  const busy = outsiders.map(async (it) => assert.equal(await it, "BUSY"));
  await Promise.any(busy);
  assert.equal(await login(home), "OK");
  await Promise.allSettled(busy);
});
