import assert from "node:assert/strict";
import { test } from "node:test";
import { endExpiredSessions, removeOld } from "#auth/db/retention.ts";
import { type AuthDatabase, schema } from "#auth/db/tables.ts";
import { createLogger } from "#common/log.ts";
import { openPostgres } from "#common/postgres.ts";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  loginUser,
  password,
  refresh,
  registerUser,
  sessionIdOf,
  startFresh,
} from "./harness.ts";

const auth = await shared(startFresh());

const profile = (accessToken: string) => codeOf(auth.client.getProfile({}, as(accessToken)));
const rotate = (refreshToken: string) => codeOf(auth.client.refreshSession({ refreshToken }));

test("after logout every token of the session is dead, and no other's", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const other = await loginUser(auth.client, user.username);
  const { endedSessionIds } = await auth.client.logout({}, as(tokens.accessToken));
  const sessionId = sessionIdOf(tokens.accessToken);
  assert.deepEqual(endedSessionIds, [sessionId]);
  assert.equal(await profile(tokens.accessToken), "UNAUTHENTICATED");
  assert.equal(await rotate(tokens.refreshToken), "TOKEN_REUSED");
  assert.equal(
    await codeOf(auth.client.issueWsToken({}, as(tokens.accessToken))),
    "UNAUTHENTICATED",
  );
  assert.equal((await auth.client.checkSession({ sessionId })).active, false);
  assert.equal(await profile(other.tokens.accessToken), "OK");
});

test("logout-all ends every session of the user", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const other = await loginUser(auth.client, user.username);
  const outsider = await registerUser(auth.client);
  const { endedSessionIds } = await auth.client.logoutAll({}, as(tokens.accessToken));
  assert.deepEqual(
    endedSessionIds.toSorted(),
    [tokens, other.tokens].map((it) => sessionIdOf(it.accessToken)).toSorted(),
  );
  assert.equal(await profile(tokens.accessToken), "UNAUTHENTICATED");
  assert.equal(await rotate(other.tokens.refreshToken), "TOKEN_REUSED");
  assert.equal(await profile(outsider.tokens.accessToken), "OK");
});

test("a change of the password ends all other sessions", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const other = await loginUser(auth.client, user.username);
  const me = as(tokens.accessToken);
  const newPassword = "staple battery horse";
  const wrong = { currentPassword: "not the password", newPassword };
  assert.equal(await codeOf(auth.client.changePassword(wrong, me)), "INVALID_CREDENTIALS");
  assert.equal(await profile(other.tokens.accessToken), "OK");
  const { endedSessionIds } = await auth.client.changePassword(
    { currentPassword: password, newPassword },
    me,
  );
  assert.deepEqual(endedSessionIds, [sessionIdOf(other.tokens.accessToken)]);
  assert.equal(await profile(tokens.accessToken), "OK");
  assert.equal(await profile(other.tokens.accessToken), "UNAUTHENTICATED");
  const login = (it: string) =>
    codeOf(auth.client.login({ username: user.username, password: it }));
  assert.equal(await login(password), "INVALID_CREDENTIALS");
  assert.equal(await login(newPassword), "OK");
});

test("no session on the old password outlives a change of it", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const newPassword = "staple battery horse";
  const logins = Array.from({ length: 10 }, () =>
    auth.client.login({ username: user.username, password }).catch(() => undefined),
  );
  const [started] = await Promise.all([
    Promise.all(logins),
    auth.client.changePassword({ currentPassword: password, newPassword }, as(tokens.accessToken)),
  ]);
  const { sessions } = await auth.client.listSessions({}, as(tokens.accessToken));
  assert.deepEqual(
    sessions.map((it) => it.current),
    [true],
    `of ${started.length} logins`,
  );
});

test("of more sessions than anybody has those used last are listed, and all are ended", async () => {
  const { user, tokens } = await registerUser(auth.client);
  await auth.database.query(
    `insert into auth.sessions (id, user_id, refresh_hash, refresh_expires_at, ends_at, last_used_at)
     select gen_random_uuid(), $1, 'none', now() + interval '1 day', now() + interval '1 day',
       now() - n * interval '1 minute'
     from generate_series(1, 1500) n`,
    [user.id],
  );
  const me = as(tokens.accessToken);
  const { sessions } = await auth.client.listSessions({}, me);
  assert.equal(sessions.length, 1_000);
  assert.equal(sessions[0]?.current, true);
  const { endedSessionIds } = await auth.client.logoutAll({}, me);
  assert.equal(endedSessionIds.length, 1_501);
});

test("sessions are listed, the last used first, and ended one by one", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const other = await loginUser(auth.client, user.username);
  const me = as(tokens.accessToken);
  const [own, theirs] = [tokens, other.tokens].map((it) => sessionIdOf(it.accessToken));
  await refresh(auth.client, tokens.refreshToken);
  const { sessions } = await auth.client.listSessions({}, me);
  assert.deepEqual(
    sessions.map((it) => [it.id, it.current]),
    [
      [own, true],
      [theirs, false],
    ],
  );
  const end = (sessionId: string, by = me) => auth.client.endSession({ sessionId }, by);
  const outsider = await registerUser(auth.client);
  const strange = as(outsider.tokens.accessToken);
  assert.equal(await codeOf(end(String(theirs), strange)), "SESSION_NOT_FOUND");
  for (const id of ["x", "00000000-0000-0000-0000-000000000000", String(theirs).toUpperCase()]) {
    assert.equal(await codeOf(end(id)), "SESSION_NOT_FOUND", id);
  }
  assert.deepEqual((await end(String(theirs))).endedSessionIds, [theirs]);
  assert.equal(await codeOf(end(String(theirs))), "SESSION_NOT_FOUND");
  assert.equal(await profile(other.tokens.accessToken), "UNAUTHENTICATED");
});

test("the current and the previous refresh token end their session, others nothing", async () => {
  const end = async (refreshToken: string) =>
    (await auth.client.endSessionByRefreshToken({ refreshToken })).endedSessionIds;
  const { tokens } = await registerUser(auth.client);
  const second = await refresh(auth.client, tokens.refreshToken);
  const third = await refresh(auth.client, second.refreshToken);
  const id = sessionIdOf(tokens.accessToken);
  assert.deepEqual(await end(tokens.refreshToken), []);
  assert.deepEqual(await end("A".repeat(43)), []);
  assert.deepEqual(await end(""), []);
  assert.deepEqual(await end(second.refreshToken), [id]);
  assert.deepEqual(await end(third.refreshToken), []);
  const again = await registerUser(auth.client);
  assert.deepEqual(await end(again.tokens.refreshToken), [sessionIdOf(again.tokens.accessToken)]);
});

test("expired sessions end by themselves, and what is old is removed", async () => {
  const { tokens } = await registerUser(auth.client);
  const { tokens: kept } = await registerUser(auth.client);
  await refresh(auth.client, kept.refreshToken);
  const id = sessionIdOf(tokens.accessToken);
  await auth.database.query(
    "update auth.sessions set refresh_expires_at = now() - interval '1 second' where id = $1",
    [id],
  );
  await auth.database.query(
    "update auth.refresh_tokens set expires_at = now() - interval '1 second' where session_id = $1",
    [id],
  );
  await using postgres = openPostgres<AuthDatabase>(schema, {
    url: auth.database.url,
    log: createLogger("test", "silent"),
  });
  await endExpiredSessions(postgres.db);
  const count = async (text: string, value: string) =>
    (await auth.database.query(text, [value])).length;
  assert.equal(await count("select from auth.revocations where session_id = $1", id), 1);
  assert.equal(await rotate(tokens.refreshToken), "INVALID_REFRESH_TOKEN");
  await removeOld(postgres.db);
  assert.equal(await count("select from auth.sessions where id = $1", id), 0);
  assert.equal(await count("select from auth.refresh_tokens where session_id = $1", id), 0);
  assert.equal(await rotate(tokens.refreshToken), "INVALID_REFRESH_TOKEN");
  const keptId = sessionIdOf(kept.accessToken);
  assert.equal(await count("select from auth.refresh_tokens where session_id = $1", keptId), 2);
});
