import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextLoop, setTimeout } from "node:timers/promises";
import { createLimits } from "#auth/limits.ts";
import { createGate } from "#auth/passwords/gate.ts";
import { createCounters } from "#common/limits.ts";
import { AppError } from "#contract/errors.ts";
import { shared } from "#tools/rig/shared.ts";
import { codeOf, errorOf, from, newName, password, registerUser, startFresh } from "./harness.ts";

const perMinute = 5;
const auth = await shared(startFresh({ authRateLimitPerMinute: perMinute }));

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
const isBusy = (error: unknown) => error instanceof AppError && error.code === "BUSY";
const refused = (times: number) => Array(times).fill("INVALID_CREDENTIALS");

const newUser = async (options = somewhere()) => {
  const username = newName();
  const email = `${username}@example.com`;
  const names = { firstName: "A", lastName: "B" };
  await auth.client.register({ username, email, password, ...names }, options);
  return { username, email };
};

test("a client takes so many guesses a minute at a name, existing or not", async () => {
  const { username } = await newUser();
  for (const name of [username, newName()]) {
    const client = somewhere();
    assert.deepEqual(await repeat(perMinute, () => login(name, client)), refused(perMinute));
    const error = await errorOf(
      auth.client.login({ username: name.toUpperCase(), password }, client),
    );
    assert.equal(error.code, "RATE_LIMITED");
    const seconds = error.retryAfterSeconds ?? 0;
    assert.ok(seconds >= 1 && seconds <= 60);
  }
});

test("when many guess each client has its own share only, which nobody else can use up", async () => {
  const { username } = await newUser();
  for (const name of [username, newName()]) {
    await repeat(perMinute + 1, () => login(name, from("192.0.2.1")));
    const client = somewhere();
    assert.equal(await login(name, client), "INVALID_CREDENTIALS");
    assert.equal(await login(name, client), "RATE_LIMITED");
  }
  assert.equal(await login(username, somewhere(), password), "OK");
});

test("from what is refused nobody learns who exists, or which names are one person's", async () => {
  const known = await newUser();
  const name = newName();
  const nobody = { username: name, email: `${name}@example.com` };
  const codes = ({ username, email }: typeof known) => {
    const client = somewhere();
    const guess = (it: { username: string } | { email: string }) =>
      codeOf(auth.client.login({ ...it, password: "a guess" }, client));
    return repeat(perMinute + 1, () => guess({ email })).then(async (byEmail) => [
      ...byEmail,
      await guess({ username: email }),
      ...(await repeat(perMinute + 1, () => guess({ username }))),
    ]);
  };
  const expected = [...refused(perMinute), "RATE_LIMITED", "INVALID_CREDENTIALS"];
  expected.push(...refused(perMinute), "RATE_LIMITED");
  assert.deepEqual(await codes(known), expected);
  assert.deepEqual(await codes(nobody), expected);
});

test("networks of IPv6 that are one holder's don't take as many as all their clients", async () => {
  const limits = createLimits(await createCounters(undefined), 1);
  const attempts = async (addresses: string[]) => {
    let passed = 0;
    for (const address of addresses) {
      const count = () => limits.client(address).then(() => passed++);
      await repeat(3, () => codeOf(count()));
    }
    return passed;
  };
  const clients = (count: number, of: (i: string) => string) =>
    Array.from({ length: count }, (_, i) => of(i.toString(16)));
  assert.equal(await attempts(clients(6, (i) => `2001:db8:1:a0${i}::1`)), 4 * 3);
  assert.equal(await attempts(clients(20, (i) => `2001:db8:1:${i}00::1`)), (16 - 4) * 3);
  assert.equal(await attempts(["2001:db8:2:1::1", "198.51.100.1"]), 2 * 3);
});

test("a client takes three times as many at any names, and an IPv6 network is one client", async () => {
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

test("failed refreshes count per client, races and successes don't, and what works is let in", async () => {
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
  assert.equal(await rotate("no token"), "RATE_LIMITED");
  const neighbour = await registerUser(auth.client);
  assert.equal(await rotate(neighbour.tokens.refreshToken), "OK");
});

test("two at a time pass the gate; who waits too long is refused as busy", async () => {
  const gate = createGate({ atOnce: 2, maxWaitMs: 20 });
  const releases: (() => void)[] = [];
  const work = () => gate.enter().run(() => new Promise<void>((resolve) => releases.push(resolve)));
  const first = [work(), work()];
  await nextLoop();
  assert.equal(releases.length, 2);
  await assert.rejects(work(), isBusy);
  assert.equal(gate.waiting(), 0);
  const next = work();
  assert.equal(gate.waiting(), 1);
  for (const release of releases.splice(0)) release();
  await Promise.all(first);
  await nextLoop();
  for (const release of releases.splice(0)) release();
  await next;
});

test("who would wait too long is refused at once, and places that are given up are free again", async () => {
  const gate = createGate({ atOnce: 1, maxWaitMs: 200 });
  const first = gate.enter();
  // One run says how long the next ones will take.
  await first.run(() => setTimeout(250));
  const places = [gate.enter(), gate.enter()];
  assert.throws(() => gate.enter(), isBusy);
  places[0]?.[Symbol.dispose]();
  gate.enter();
  assert.throws(() => gate.enter(), isBusy);
});

test("who goes first passes those who wait", async () => {
  const gate = createGate({ atOnce: 1, maxWaitMs: 60_000 });
  const order: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const join = (name: string, isFirst = false) => {
    const place = gate.enter();
    if (isFirst) place.goFirst();
    return place.run(async () => {
      await released;
      order.push(name);
    });
  };
  const all = [join("running"), join("a"), join("b"), join("known", true)];
  assert.equal(gate.waiting(), 3);
  release();
  await Promise.all(all);
  assert.deepEqual(order, ["running", "known", "a", "b"]);
});
