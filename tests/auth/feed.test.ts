import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as nextLoop } from "node:timers/promises";
import { Client } from "pg";
import { removeOld } from "#auth/db/retention.ts";
import { type AuthDatabase, schema } from "#auth/db/tables.ts";
import { createLogger } from "#common/log.ts";
import { openPostgres } from "#common/postgres.ts";
import { startRevocationFeed } from "#common/sessions/revocation-feed.ts";
import type { WatchRevocationsResponse } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import {
  type AuthClient,
  as,
  registerUser,
  sessionIdOf,
  startFresh,
  startTestAuth,
} from "./harness.ts";

const auth = await shared(startFresh());

/** Reads the feed until `isEnough`, then leaves. */
async function watch(
  client: AuthClient,
  cursor: string | undefined,
  isEnough: (all: WatchRevocationsResponse[]) => boolean,
): Promise<WatchRevocationsResponse[]> {
  const leaving = new AbortController();
  const all: WatchRevocationsResponse[] = [];
  const request = cursor === undefined ? {} : { cursor };
  const options = { signal: leaving.signal, timeoutMs: 0 };
  try {
    for await (const response of client.watchRevocations(request, options)) {
      all.push(response);
      if (isEnough(all)) break;
    }
  } finally {
    leaving.abort();
  }
  return all;
}

const isCaughtUp = (all: WatchRevocationsResponse[]) => all.at(-1)?.caughtUp === true;
const endedIn = (all: WatchRevocationsResponse[]) =>
  all.flatMap((it) => it.endedSessions.map((session) => session.sessionId));
const cursorOf = (all: WatchRevocationsResponse[]) => all.at(-1)?.cursor;

async function endOne(client = auth.client): Promise<string> {
  const { tokens } = await registerUser(client);
  await client.logout({}, as(tokens.accessToken));
  return sessionIdOf(tokens.accessToken);
}

test("without a cursor the feed begins with what can still matter, then has caught up", async () => {
  const old = await endOne();
  await auth.database.query(
    "update auth.revocations set created_at = now() - interval '21 minutes' where session_id = $1",
    [old],
  );
  const recent = await endOne();
  const all = await watch(auth.client, undefined, isCaughtUp);
  assert.ok(endedIn(all).includes(recent));
  assert.ok(!endedIn(all).includes(old));
  assert.ok(all.every((it) => !it.reset));
});

test("from a cursor on nothing is missed and nothing comes twice", async () => {
  let cursor = cursorOf(await watch(auth.client, undefined, isCaughtUp));
  const ended: string[] = [];
  const seen: string[] = [];
  for (let round = 0; round < 3; round++) {
    const logouts = Promise.all(Array.from({ length: 8 }, () => endOne()));
    // Leaves in the middle, wherever that is.
    const part = await watch(auth.client, cursor, (all) => endedIn(all).length >= 3);
    seen.push(...endedIn(part));
    cursor = cursorOf(part);
    ended.push(...(await logouts));
  }
  seen.push(...endedIn(await watch(auth.client, cursor, isCaughtUp)));
  assert.deepEqual(seen.toSorted(), ended.toSorted());
});

test("a changed name is announced as such, what others don't see is not", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const cursor = cursorOf(await watch(auth.client, undefined, isCaughtUp));
  const me = as(tokens.accessToken);
  const mail = { email: `other.${user.email}`, currentPassword: "correct horse battery" };
  await auth.client.updateProfile(mail, me);
  await auth.client.updateProfile({ showPresence: false }, me);
  await auth.client.updateProfile({ lastName: "King" }, me);
  const all = await watch(auth.client, cursor, (it) => it.some((r) => r.renamedUserIds.length > 0));
  assert.deepEqual(
    all.flatMap((it) => it.changedUserIds),
    [user.id, user.id],
  );
  assert.deepEqual(
    all.flatMap((it) => it.renamedUserIds),
    [user.id],
  );
});

test("a cursor that is no longer kept, or of another database, is reset", async () => {
  const gone = await endOne();
  const cursor = String(Number(cursorOf(await watch(auth.client, undefined, isCaughtUp))) - 1);
  await auth.database.query(
    "update auth.revocations set created_at = now() - interval '8 days' where session_id = $1",
    [gone],
  );
  await using postgres = openPostgres<AuthDatabase>(schema, {
    url: auth.database.url,
    log: createLogger("test", "silent"),
  });
  await removeOld(postgres.db);
  for (const bad of [cursor, "999999999999", "x", "-1"]) {
    const [first, ...rest] = await watch(auth.client, bad, isCaughtUp);
    assert.equal(first?.reset, true, bad);
    assert.ok(rest.every((it) => !it.reset));
  }
  const fresh = cursorOf(await watch(auth.client, undefined, isCaughtUp));
  const [first] = await watch(auth.client, fresh, isCaughtUp);
  assert.equal(first?.reset, false);
});

test("an instance tells what another has ended", async () => {
  await using second = await startTestAuth(auth.config);
  const log = createLogger("test", "silent");
  const waiting = new Map<string, (endedAt: number) => void>();
  const feed = startRevocationFeed({
    auth: second.client,
    log,
    onEnded: (ids, endedAt) => {
      for (const id of ids) waiting.get(id)?.(endedAt);
    },
  });
  try {
    const { tokens } = await registerUser(auth.client);
    const id = sessionIdOf(tokens.accessToken);
    const heard = new Promise<number>((resolve) => waiting.set(id, resolve));
    await auth.client.logout({}, as(tokens.accessToken));
    const endedAt = await heard;
    assert.ok(Date.now() - endedAt < 1_000, "within a second");
    assert.equal(feed.hasEnded(id), true);
    assert.equal(feed.isFresh(), true);
  } finally {
    feed.close();
  }
});

test("a stream that can't read the database doesn't claim to be up to date, and recovers", async () => {
  await using proxy = await startTcpProxy(auth.database.url);
  await using behind = await startTestAuth({ ...auth.config, databaseUrl: proxy.url });
  const heard = new EventTarget();
  const leaving = new AbortController();
  const all: WatchRevocationsResponse[] = [];
  const streaming = (async () => {
    const options = { signal: leaving.signal, timeoutMs: 0 };
    for await (const it of behind.client.watchRevocations({}, options)) {
      all.push(it);
      heard.dispatchEvent(new Event("message"));
    }
  })().catch(() => undefined);
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) await once(heard, "message");
  };
  for (const fault of [proxy.refuse, proxy.freeze]) {
    await until(() => isCaughtUp(all));
    fault();
    // What was read before the fault may still be on its way.
    await until(() => all.at(-1)?.caughtUp === false);
    const during = all.length;
    await until(() => all.length >= during + 4);
    assert.ok(all.slice(during).every((it) => !it.caughtUp));
    const missed = await endOne();
    proxy.restore();
    await until(() => endedIn(all).includes(missed) && isCaughtUp(all));
  }
  leaving.abort();
  await streaming;
});

test("a new name is answered when the feed has brought it, however long that takes", async () => {
  const { tokens, user } = await registerUser(auth.client);
  const leaving = new AbortController();
  const heard = new EventTarget();
  const happened: string[] = [];
  let heartbeats = 0;
  const streaming = (async () => {
    const options = { signal: leaving.signal, timeoutMs: 0 };
    for await (const it of auth.client.watchRevocations({}, options)) {
      if (it.renamedUserIds.includes(user.id)) happened.push("told");
      heartbeats = it.caughtUp ? 0 : heartbeats + 1;
      heard.dispatchEvent(new Event("message"));
    }
  })().catch(() => undefined);
  await once(heard, "message");
  const database = new Client({ connectionString: auth.database.url });
  await database.connect();
  try {
    await database.query("begin");
    // What only readers of the feed need.
    await database.query("lock table auth.revocation_horizon in access exclusive mode");
    const answered = auth.client
      .updateProfile({ firstName: "Renamed" }, as(tokens.accessToken))
      .then(() => happened.push("answered"));
    const renamed = `select from auth.users where id = ${user.id} and first_name = 'Renamed'`;
    while ((await auth.database.query(renamed)).length === 0) await nextLoop();
    heartbeats = 0;
    while (heartbeats < 2) await once(heard, "message");
    await database.query("commit");
    await answered;
  } finally {
    await database.end();
    leaving.abort();
  }
  await streaming;
  assert.deepEqual(happened, ["told", "answered"]);
});

test("heartbeats come while nothing happens", async () => {
  const all = await watch(auth.client, undefined, (it) => it.filter((r) => r.caughtUp).length >= 5);
  assert.ok(all.slice(1).every((it) => it.endedSessions.length === 0 && it.cursor));
});
