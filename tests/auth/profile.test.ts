import assert from "node:assert/strict";
import { test } from "node:test";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  errorOf,
  from,
  newName,
  password,
  registerUser,
  startFresh,
} from "./harness.ts";

const auth = await shared(startFresh());

test("a profile changes, and others learn the new name", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const me = as(tokens.accessToken);
  const same = await auth.client.updateProfile({}, me);
  assert.deepEqual(same.user, user);
  const changed = await auth.client.updateProfile({ firstName: "Grace", lastName: "Hopper" }, me);
  assert.equal(changed.user?.name, "Grace Hopper");
  assert.equal(changed.user?.email, user.email);
  const { users } = await auth.client.getUsers({ userIds: [user.id] });
  assert.equal(users[0]?.name, "Grace Hopper");
  const events = await auth.database.query(
    "select id from auth.revocations where changed_user_id = $1",
    [user.id],
  );
  assert.equal(events.length, 1);
});

test("whether a user shows their presence is known to the user and to services alone", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const me = as(tokens.accessToken);
  const hiding = async () => (await auth.client.getUsers({ userIds: [user.id] })).hidingUserIds;
  assert.equal(user.showPresence, true);
  assert.deepEqual(await hiding(), []);
  const hidden = await auth.client.updateProfile({ showPresence: false }, me);
  assert.equal(hidden.user?.showPresence, false);
  assert.deepEqual(await hiding(), [user.id]);
  const { user: kept } = await auth.client.updateProfile({ firstName: "Grace" }, me);
  assert.equal(kept?.showPresence, false);
  assert.deepEqual((await auth.client.getProfile({}, me)).user, kept);
  const found = await auth.client.findUser({ username: user.username }, me);
  assert.deepEqual(Object.keys(found.user ?? {}).sort(), ["$typeName", "id", "name", "username"]);
  const events = await auth.database.query(
    "select id from auth.revocations where changed_user_id = $1",
    [user.id],
  );
  assert.equal(events.length, 2);
});

test("what is taken or wrong in a profile is named", async () => {
  const other = await registerUser(auth.client);
  const { user, tokens } = await registerUser(auth.client);
  const me = as(tokens.accessToken);
  const update = (changes: object) => errorOf(auth.client.updateProfile(changes, me));
  const cases = [
    { changes: { username: other.user.username.toUpperCase() }, path: "username" },
    {
      changes: { email: other.user.email.toUpperCase(), currentPassword: password },
      path: "email",
    },
    { changes: { email: "new@example.com" }, path: "currentPassword" },
    {
      changes: { email: "new@example.com", currentPassword: "not the password" },
      path: "currentPassword",
    },
    { changes: { firstName: " " }, path: "firstName" },
  ];
  for (const { changes, path } of cases) {
    const error = await update(changes);
    assert.equal(error.code, "PROFILE_UPDATE_FAILED");
    assert.deepEqual(
      error.faults.map((it) => it.path),
      [path],
    );
  }
  const { user: unchanged } = await auth.client.getProfile({}, me);
  assert.deepEqual(unchanged, user);
  const mail = { email: `new.${user.email}`, currentPassword: password };
  const { user: changed } = await auth.client.updateProfile(mail, me);
  assert.equal(changed?.email, mail.email);
  assert.equal(
    await codeOf(auth.client.login({ email: user.email, password })),
    "INVALID_CREDENTIALS",
  );
  assert.equal(await codeOf(auth.client.login({ email: mail.email, password })), "OK");
});

test("users are found by name, by id, and page by page", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const me = as(tokens.accessToken);
  const found = await auth.client.findUser({ username: user.username.toUpperCase() }, me);
  assert.equal(found.user?.id, user.id);
  assert.equal(found.user?.name, "Ada Lovelace");
  assert.equal(await codeOf(auth.client.findUser({ username: newName() }, me)), "USER_NOT_FOUND");
  // Eighteen times as long when normalised: nobody's name, and not looked for.
  const huge = "\ufdfa".repeat(80_000);
  assert.equal(await codeOf(auth.client.findUser({ username: huge }, me)), "USER_NOT_FOUND");

  const ids = [user.id, user.id, "999999999", "abc", "-1", "99999999999999999999", ""];
  const { users } = await auth.client.getUsers({ userIds: ids });
  assert.deepEqual(
    users.map((it) => it.id),
    [user.id],
  );

  const seen: string[] = [];
  let pageToken = "";
  do {
    const page = await auth.client.listUsers({ pageSize: 3, pageToken });
    seen.push(...page.users.map((it) => it.id));
    pageToken = page.nextPageToken;
  } while (pageToken);
  const all = await auth.client.listUsers({ pageSize: 500 });
  assert.deepEqual(
    seen,
    all.users.map((it) => it.id),
  );
  assert.ok(seen.includes(user.id));
  assert.equal(await codeOf(auth.client.listUsers({ pageToken: "x" })), "VALIDATION_FAILED");
});

test("a session knows the device that the service tells of, in 200 characters", async () => {
  const { user, tokens } = await registerUser(auth.client);
  await auth.client.login(
    { username: user.username, password },
    from("203.0.113.5", `  Firefox ${"x".repeat(300)}`),
  );
  const { sessions } = await auth.client.listSessions({}, as(tokens.accessToken));
  const other = sessions.find((it) => !it.current);
  assert.equal(other?.device?.length, 200);
  assert.ok(other?.device?.startsWith("Firefox x"));
});
