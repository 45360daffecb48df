import assert from "node:assert/strict";
import { test } from "node:test";
import { createSessionFinder } from "#auth/db/sessions.ts";
import { type AuthDatabase, schema } from "#auth/db/tables.ts";
import { createUserFinder, loginKey } from "#auth/db/users.ts";
import { openPostgres } from "#common/postgres.ts";
import { createTestLog } from "#tools/rig/log.ts";
import { shared } from "#tools/rig/shared.ts";
import { type Link, startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { as, codeOf, registerUser, sessionIdOf, startFresh, startTestAuth } from "./harness.ts";

const direct = await shared(startFresh());

/** Keeps back what the database answers, while it is told to. */
let held: { link: Link; chunk: Buffer }[] | undefined;
let onHeld = () => {};
const proxy = await shared(
  startTcpProxy(direct.database.url, (link) => ({
    fromFar(chunk) {
      held?.push({ link, chunk });
      onHeld();
      return held === undefined;
    },
  })),
);

function hold(): Promise<void> {
  held = [];
  return new Promise((resolve) => {
    onHeld = () => held && resolve();
  });
}

function letGo() {
  const chunks = held ?? [];
  held = undefined;
  for (const { link, chunk } of chunks) link.toNear(chunk);
}

/** Reads by way of the proxy. */
const postgres = await shared(
  (async () => {
    const log = createTestLog("test");
    return openPostgres<AuthDatabase>(schema, { url: proxy.url, log: log.log });
  })(),
);

test("what was committed before a question was put is in its answer, whatever is on its way", async () => {
  const ended = await registerUser(direct.client);
  const renamed = await registerUser(direct.client);
  const [endedId, renamedId] = [ended, renamed].map(({ tokens }) =>
    sessionIdOf(tokens.accessToken),
  );
  assert.ok(endedId && renamedId);
  const find = createSessionFinder(postgres.db);
  await find(endedId);
  const isRead = hold();
  const before = [find(endedId), find(renamedId)];
  await isRead;
  await direct.client.logout({}, as(ended.tokens.accessToken));
  await direct.client.updateProfile({ firstName: "Grace" }, as(renamed.tokens.accessToken));
  const after = [find(endedId), find(renamedId)];
  letGo();
  assert.deepEqual(
    (await Promise.all(before)).map((session) => session?.firstName),
    ["Ada", "Ada"],
  );
  assert.deepEqual(
    (await Promise.all(after)).map((session) => session?.firstName),
    [undefined, "Grace"],
  );
});

test("a question that the database refuses fails alone", async () => {
  const { user } = await registerUser(direct.client);
  const users = createUserFinder(postgres.db);
  const found = await Promise.allSettled(
    [loginKey(user.username), "\0", "nobody"].map((key) => users.named(key)),
  );
  assert.deepEqual(
    found.map((it) => (it.status === "fulfilled" ? it.value?.id : "refused")),
    [user.id, "refused", undefined],
  );
});

test("a call that is given up while it is gathered holds up no other", async () => {
  await using auth = await startTestAuth({ ...direct.config, databaseUrl: proxy.url });
  const { tokens } = await registerUser(auth.client);
  const me = as(tokens.accessToken);
  const isRead = hold();
  const giveUp = new AbortController();
  const late = codeOf(auth.client.getProfile({}, { ...me, timeoutMs: 100 }));
  const aborted = codeOf(auth.client.getProfile({}, { ...me, signal: giveUp.signal }));
  const patient = codeOf(auth.client.getProfile({}, me));
  await isRead;
  giveUp.abort();
  assert.deepEqual(await Promise.all([late, aborted]), ["UNAVAILABLE", "UNAVAILABLE"]);
  letGo();
  assert.equal(await patient, "OK");
});
