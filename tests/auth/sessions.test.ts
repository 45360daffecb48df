import assert from "node:assert/strict";
import { test } from "node:test";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  refresh,
  registerUser,
  sessionIdOf,
  startFresh,
  startTestAuth,
} from "./harness.ts";

const auth = await shared(startFresh());

const profile = (accessToken: string) => codeOf(auth.client.getProfile({}, as(accessToken)));
const rotate = (refreshToken: string) => codeOf(auth.client.refreshSession({ refreshToken }));

/** Makes it look as if the session's tokens were replaced so many seconds earlier. */
async function backdateRotation(sessionId: string, seconds: number) {
  await auth.database.query(
    "update auth.sessions set replaced_at = replaced_at - make_interval(secs => $2) where id = $1",
    [sessionId, seconds],
  );
}

test("a refresh replaces both tokens; the older access token lives on", async () => {
  const { tokens } = await registerUser(auth.client);
  const next = await refresh(auth.client, tokens.refreshToken);
  assert.notEqual(next.accessToken, tokens.accessToken);
  assert.notEqual(next.refreshToken, tokens.refreshToken);
  assert.equal(sessionIdOf(next.accessToken), sessionIdOf(tokens.accessToken));
  assert.equal(await profile(tokens.accessToken), "OK");
  assert.equal(await profile(next.accessToken), "OK");
});

test("a second use within the window is a race and harms nothing", async () => {
  const { tokens } = await registerUser(auth.client);
  const next = await refresh(auth.client, tokens.refreshToken);
  assert.equal(await rotate(tokens.refreshToken), "REFRESH_RACE");
  assert.equal(await profile(next.accessToken), "OK");
  assert.equal(await rotate(next.refreshToken), "OK");
});

test("a second use after the window is theft, and the session stays ended", async () => {
  const { tokens } = await registerUser(auth.client);
  const next = await refresh(auth.client, tokens.refreshToken);
  await backdateRotation(sessionIdOf(tokens.accessToken), 10);
  assert.equal(await rotate(tokens.refreshToken), "TOKEN_REUSED");
  assert.equal(await profile(next.accessToken), "UNAUTHENTICATED");
  assert.equal(await rotate(next.refreshToken), "TOKEN_REUSED");
  assert.equal(await rotate(tokens.refreshToken), "TOKEN_REUSED");
});

test("a token older than the one before is theft at any time", async () => {
  const { tokens } = await registerUser(auth.client);
  const second = await refresh(auth.client, tokens.refreshToken);
  const third = await refresh(auth.client, second.refreshToken);
  assert.equal(await rotate(tokens.refreshToken), "TOKEN_REUSED");
  assert.equal(await profile(third.accessToken), "UNAUTHENTICATED");
});

test("with a window of 0 every second use is theft", async () => {
  await using strict = await startTestAuth({ ...auth.config, refreshReuseWindowSeconds: 0 });
  const { tokens } = await registerUser(strict.client);
  await refresh(strict.client, tokens.refreshToken);
  assert.equal(
    await codeOf(strict.client.refreshSession({ refreshToken: tokens.refreshToken })),
    "TOKEN_REUSED",
  );
  assert.equal(await profile(tokens.accessToken), "UNAUTHENTICATED");
});

test("50 refreshes at once: one wins, 49 are races, and the session works", async () => {
  const { tokens } = await registerUser(auth.client);
  let { refreshToken } = tokens;
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => auth.client.refreshSession({ refreshToken })),
    );
    const winners = results.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
    const codes = await Promise.all(
      results
        .filter((it) => it.status === "rejected")
        .map((it) => codeOf(Promise.reject(it.reason))),
    );
    assert.deepEqual(codes, Array(49).fill("REFRESH_RACE"));
    assert.equal(winners.length, 1);
    refreshToken = winners[0]?.tokens?.refreshToken ?? "";
    assert.equal(await profile(winners[0]?.tokens?.accessToken ?? ""), "OK");
  }
});

test("50 refreshes at once with a window of 0: one wins, then the session is over", async () => {
  await using strict = await startTestAuth({ ...auth.config, refreshReuseWindowSeconds: 0 });
  const { tokens } = await registerUser(strict.client);
  const codes = await Promise.all(
    Array.from({ length: 50 }, () =>
      codeOf(strict.client.refreshSession({ refreshToken: tokens.refreshToken })),
    ),
  );
  assert.deepEqual(codes.toSorted(), ["OK", ...Array(49).fill("TOKEN_REUSED")]);
});

test("what was never issued, is malformed or has expired unused is invalid", async () => {
  const { tokens } = await registerUser(auth.client);
  for (const token of ["", "x", "A".repeat(43), `${tokens.refreshToken}A`, tokens.accessToken]) {
    assert.equal(await rotate(token), "INVALID_REFRESH_TOKEN", token);
  }
  await auth.database.query(
    "update auth.sessions set refresh_expires_at = now() - interval '1 second' where id = $1",
    [sessionIdOf(tokens.accessToken)],
  );
  assert.equal(await rotate(tokens.refreshToken), "INVALID_REFRESH_TOKEN");
  assert.equal(await profile(tokens.accessToken), "UNAUTHENTICATED");
});

test("refresh tokens live 7 days, but no longer than the session", async () => {
  const { tokens } = await registerUser(auth.client);
  const days = (seconds: bigint | undefined) => (Number(seconds) - Date.now() / 1000) / 86_400;
  assert.equal(Math.round(days(tokens.refreshTokenExpiresAt?.seconds)), 7);
  await auth.database.query(
    "update auth.sessions set ends_at = now() + interval '2 days' where id = $1",
    [sessionIdOf(tokens.accessToken)],
  );
  const next = await refresh(auth.client, tokens.refreshToken);
  assert.equal(Math.round(days(next.refreshTokenExpiresAt?.seconds)), 2);
  await auth.database.query(
    "update auth.sessions set ends_at = now() + interval '1 minute' where id = $1",
    [sessionIdOf(tokens.accessToken)],
  );
  const last = await refresh(auth.client, next.refreshToken);
  const left = Number(last.accessTokenExpiresAt?.seconds) - Date.now() / 1000;
  assert.ok(left <= 61, "the access token ends with the session");
});

test("a session rotates 30 times a minute at most, and goes on after that", async () => {
  const { tokens } = await registerUser(auth.client);
  let { refreshToken } = tokens;
  for (let i = 0; i < 30; i++) ({ refreshToken } = await refresh(auth.client, refreshToken));
  assert.equal(await rotate(refreshToken), "RATE_LIMITED");
  await auth.database.query(
    "update auth.sessions set rotations_since = now() - interval '61 seconds' where id = $1",
    [sessionIdOf(tokens.accessToken)],
  );
  assert.equal(await rotate(refreshToken), "OK");
});
