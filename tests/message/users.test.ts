import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { AppError } from "#contract/errors.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { createUsers } from "#message/members/users.ts";

/** An auth service whose users have the names that were set last, and what it was asked. */
function startAuth() {
  const names = new Map<string, string>();
  const asked: string[][] = [];
  let isAway = false;
  let onAsked = () => {};
  const transport = createRouterTransport(({ rpc }) => {
    rpc(AuthService.method.getUsers, ({ userIds }) => {
      asked.push(userIds);
      if (isAway) throw new ConnectError("away", Code.Unavailable);
      const users = userIds.flatMap((id) => {
        const name = names.get(id);
        return name === undefined ? [] : [{ id, username: `user_${id}`, name }];
      });
      onAsked();
      return { users };
    });
  });
  const users = createUsers(createClient(AuthService, transport));
  return {
    names,
    asked,
    users,
    nameOf: async (id: string) => (await users.find(id))?.name,
    goAway() {
      isAway = true;
    },
    comeBack() {
      isAway = false;
    },
    whenAsked(run: () => void) {
      onAsked = run;
    },
  };
}

test("users of one moment are asked for by one call, and kept", async () => {
  const { names, asked, users, nameOf } = startAuth();
  names.set("1", "Ada").set("2", "Bob");
  const found = users.findAll(["1", "2", "3", "nonsense"]);
  assert.deepEqual([await nameOf("1"), await nameOf("2")], ["Ada", "Bob"]);
  assert.deepEqual([...(await found).keys()], ["1", "2"]);
  assert.deepEqual(asked, [["1", "2", "3"]]);
  assert.equal(await nameOf("1"), "Ada");
  assert.equal(asked.length, 1);
});

test("a name that has changed is asked for anew, and an answer from before isn't kept", async () => {
  const { names, users, nameOf, whenAsked } = startAuth();
  names.set("1", "Ada");
  // It changes while the answer is on its way.
  whenAsked(() => {
    names.set("1", "Augusta");
    users.forget(["1"]);
    whenAsked(() => {});
  });
  assert.equal(await nameOf("1"), "Ada");
  assert.equal(await nameOf("1"), "Augusta");
  names.set("1", "Countess");
  assert.equal(await nameOf("1"), "Augusta");
  users.forget(["1"]);
  assert.equal(await nameOf("1"), "Countess");
});

test("while auth is away an older name will do, and auth isn't asked with each message", async () => {
  const { names, asked, users, nameOf, goAway } = startAuth();
  names.set("1", "Ada");
  await nameOf("1");
  goAway();
  users.forget(["1"]);
  assert.equal(await nameOf("1"), "Ada");
  assert.equal(asked.length, 2);
  assert.equal(await nameOf("1"), "Ada");
  assert.equal(asked.length, 2);
  await Promise.allSettled([nameOf("2"), nameOf("3")]);
  assert.equal(asked.length, 3, "one by one they would fail too");
  await assert.rejects(
    nameOf("2"),
    (error) => error instanceof AppError && error.code === "UNAVAILABLE",
  );
});

test("who is to tell of a change waits until auth has said it", async () => {
  const { names, users, nameOf, goAway, comeBack } = startAuth();
  const { signal } = new AbortController();
  names.set("1", "Ada");
  await nameOf("1");
  goAway();
  names.set("1", "Augusta");
  users.forget(["1"]);
  const renewed = users.renewed(["1", "2"], signal);
  assert.equal(await nameOf("1"), "Ada");
  comeBack();
  await renewed;
  assert.equal(await nameOf("1"), "Augusta");
});

test("who waits for auth doesn't when all is closed", async () => {
  const { names, users, nameOf, goAway } = startAuth();
  const closing = new AbortController();
  names.set("1", "Ada");
  await nameOf("1");
  goAway();
  users.forget(["1"]);
  const renewed = users.renewed(["1"], closing.signal);
  closing.abort();
  await renewed;
});
