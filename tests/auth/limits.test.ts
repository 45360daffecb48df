import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { AppError } from "#common/errors.ts";
import { createGate } from "../../services/auth/passwords/gate.ts";
import { codeOf, errorOf, from, newName, password, registerUser, startFresh } from "./harness.ts";

const perMinute = 5;
let auth: Awaited<ReturnType<typeof startFresh>>;
before(async () => {
  auth = await startFresh({ authRateLimitPerMinute: perMinute });
});
after(() => auth[Symbol.asyncDispose]());

let hosts = 0;
/** A client of its own, each in a network of its own. */
const somewhere = () => from(`198.51.100.${++hosts}`);
const login = (username: string, options = somewhere(), word = "not the password") =>
  codeOf(auth.client.login({ username, password: word }, options));
const repeat = async (times: number, work: () => Promise<string>) => {
  const codes: string[] = [];
  for (let i = 0; i < times; i++) codes.push(await work());
  return codes;
};
const refused = (times: number) => Array(times).fill("INVALID_CREDENTIALS");

test("an account takes so many guesses a minute, from anywhere, existing or not", async () => {
  const { user } = await auth.client.register(
    {
      username: newName(),
      email: `${newName()}@example.com`,
      password,
      firstName: "A",
      lastName: "B",
    },
    somewhere(),
  );
  for (const name of [user?.username ?? "", newName()]) {
    assert.deepEqual(await repeat(perMinute, () => login(name)), refused(perMinute));
    const error = await errorOf(
      auth.client.login({ username: name.toUpperCase(), password }, somewhere()),
    );
    assert.equal(error.code, "RATE_LIMITED");
    const seconds = error.retryAfterSeconds ?? 0;
    assert.ok(seconds >= 1 && seconds <= 60);
  }
});

test("guesses from elsewhere don't keep out a client that has signed in before", async () => {
  const home = somewhere();
  const username = newName();
  const email = `${username}@example.com`;
  const names = { firstName: "A", lastName: "B" };
  await auth.client.register({ username, email, password, ...names }, home);
  assert.equal(await login(username, home, password), "OK");
  await repeat(perMinute, () => login(username));
  assert.equal(await login(username), "RATE_LIMITED");
  assert.equal(await login(username, home, password), "OK");
});

test("a client takes three times as many, and an IPv6 network is one client", async () => {
  for (const client of [() => from("203.0.113.77"), () => from(`2001:db8:7:7::${++hosts}`)]) {
    const many = await repeat(3 * perMinute, () => login(newName(), client()));
    assert.deepEqual(many, refused(3 * perMinute));
    assert.equal(await login(newName(), client()), "RATE_LIMITED");
  }
  assert.equal(await login(newName(), from("2001:db8:7:8::1")), "INVALID_CREDENTIALS");
});

test("registrations count too", async () => {
  const client = somewhere();
  const register = (email: string) =>
    codeOf(
      auth.client.register(
        { username: newName(), email, password, firstName: "A", lastName: "B" },
        client,
      ),
    );
  const codes = await repeat(3 * perMinute, () => register(`${newName()}@example.com`));
  assert.deepEqual(codes, Array(3 * perMinute).fill("OK"));
  assert.equal(await register(`${newName()}@example.com`), "RATE_LIMITED");
});

test("failed refreshes count per client, races and successes don't", async () => {
  const client = somewhere();
  const rotate = (refreshToken: string) =>
    codeOf(auth.client.refreshSession({ refreshToken }, client));
  const { tokens } = await registerUser(auth.client);
  assert.equal(await rotate(tokens.refreshToken), "OK");
  const races = await repeat(3 * perMinute + 1, () => rotate(tokens.refreshToken));
  assert.deepEqual(races, Array(3 * perMinute + 1).fill("REFRESH_RACE"));
  const codes = await repeat(3 * perMinute, () => rotate("A".repeat(43)));
  assert.deepEqual(codes, Array(3 * perMinute).fill("INVALID_REFRESH_TOKEN"));
  assert.equal(await rotate("A".repeat(43)), "RATE_LIMITED");
});

test("two at a time pass the gate; who waits too long is told that it is busy", async () => {
  const gate = createGate({ atOnce: 2, maxWaitMs: 20 });
  const releases: (() => void)[] = [];
  const work = () => gate.run(() => new Promise<void>((resolve) => releases.push(resolve)));
  const first = [work(), work()];
  await turn();
  assert.equal(releases.length, 2);
  await assert.rejects(work(), (error) => error instanceof AppError && error.code === "BUSY");
  assert.equal(gate.waiting(), 0);
  const next = work();
  assert.equal(gate.waiting(), 1);
  for (const release of releases.splice(0)) release();
  await Promise.all(first);
  await turn();
  for (const release of releases.splice(0)) release();
  await next;
});
