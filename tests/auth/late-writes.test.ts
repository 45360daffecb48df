import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextLoop } from "node:timers/promises";
import { Client } from "pg";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  errorOf,
  loginUser,
  password,
  registerUser,
  type SignedIn,
  sessionIdOf,
  startFresh,
} from "./harness.ts";

const auth = await shared(startFresh());

const newPassword = "staple battery horse";

/** Does something to a user when a call has checked them and is about to write. */
async function betweenJudgingAndWriting(
  { user }: SignedIn,
  call: () => Promise<unknown>,
  meanwhile: (database: Client) => Promise<unknown>,
): Promise<unknown> {
  const database = new Client({ connectionString: auth.database.url });
  await database.connect();
  try {
    await database.query("begin");
    await database.query("select from auth.users where id = $1 for update", [user.id]);
    const answer = call();
    // It may be refused before it is awaited.
    answer.catch(() => undefined);
    const waiting = `select from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await auth.database.query(waiting)).length === 0) await nextLoop();
    await meanwhile(database);
    await database.query("commit");
    return await answer;
  } finally {
    await database.end();
  }
}

/** What a thief does who knows the password. */
const takeovers = (thief: SignedIn) => {
  const me = as(thief.tokens.accessToken);
  const email = `thief.${thief.user.email}`;
  return {
    email: () => auth.client.updateProfile({ email, currentPassword: password }, me),
    name: () => auth.client.updateProfile({ firstName: "Thief" }, me),
    password: () => auth.client.changePassword({ currentPassword: password, newPassword }, me),
  };
};

for (const what of ["email", "name", "password"] as const) {
  test(`a session that ends meanwhile doesn't change the ${what} any more`, async () => {
    const owner = await registerUser(auth.client);
    const thief = await loginUser(auth.client, owner.user.username);
    const sessionId = sessionIdOf(thief.tokens.accessToken);
    const me = as(owner.tokens.accessToken);
    const code = await codeOf(
      betweenJudgingAndWriting(owner, takeovers(thief)[what], () =>
        auth.client.endSession({ sessionId }, me),
      ),
    );
    assert.equal(code, "UNAUTHENTICATED");
    const { user } = await auth.client.getProfile({}, me);
    assert.deepEqual(user, owner.user);
    await loginUser(auth.client, owner.user.username);
  });
}

test("a password that is replaced meanwhile doesn't change the login any more", async () => {
  const owner = await registerUser(auth.client);
  const { email, password: change } = takeovers(owner);
  const replace = (database: Client) =>
    database.query("update auth.users set password_version = password_version + 1 where id = $1", [
      owner.user.id,
    ]);
  const error = await errorOf(betweenJudgingAndWriting(owner, email, replace));
  assert.equal(error.code, "PROFILE_UPDATE_FAILED");
  assert.deepEqual(
    error.faults.map((it) => it.path),
    ["currentPassword"],
  );
  const code = await codeOf(betweenJudgingAndWriting(owner, change, replace));
  assert.equal(code, "INVALID_CREDENTIALS");
});
