import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MessageStore } from "#message/store/store.ts";
import { createTestDatabase, type TestDatabase } from "#tools/rig/database.ts";
import { createRealtime } from "./harness/realtime.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

let database: TestDatabase;
let store: MessageStore;
before(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore(database.url, createLogger("message", "silent"));
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("messages don't wait for memberships, however long the store takes to read them", {
  timeout: 20_000,
}, async () => {
  const answer = Promise.withResolvers<void>();
  const asked: string[] = [];
  using realtime = createRealtime({
    ...store,
    async listMembershipChanges(userId, from, to) {
      asked.push(userId);
      await answer.promise;
      return store.listMembershipChanges(userId, from, to);
    },
  });
  const { messages, memberships, attach, catchUp } = realtime;
  const [ada, bob, eve] = [newUser(), newUser(), newUser()];
  const rooms = await Promise.all(
    Array.from({ length: 6 }, () => makeRoom(store, [ada, bob, eve])),
  );
  const attached = await Promise.all(
    rooms.flatMap((room) => [attach(room.id, bob), attach(room.id, eve)]),
  );
  for (const room of rooms) {
    for (const user of [bob, eve]) await store.removeMember(room.id, user);
    await store.append(draft(room, ada));
  }
  await memberships.poll();
  await messages.poll();
  await Promise.all(attached.map((it) => it.reached({ lastSeq: 1, lastRevision: 0 })));
  await memberships.poll();
  assert.deepEqual(asked.toSorted(), [bob, eve].toSorted(), "nobody twice at once");
  assert.ok(attached.every((it) => it.removedBy() === undefined));
  answer.resolve();
  await catchUp(bob, eve);
  assert.ok(attached.every((it) => it.removedBy() !== undefined));
  await catchUp(bob, eve);
  assert.equal(asked.length, 2, "what is known isn't asked for again");
});

test("a user whose memberships can't be read holds no other up, and is tried again", async () => {
  let failures = 0;
  using realtime = createRealtime({
    ...store,
    listMembershipChanges(...range) {
      if (failures++ === 0) return Promise.reject(new Error("not now"));
      return store.listMembershipChanges(...range);
    },
  });
  const { memberships, attach, catchUp } = realtime;
  const ada = newUser();
  const joining = new Map(
    await Promise.all(
      [newUser(), newUser()].map(async (user) => {
        const room = await makeRoom(store, [ada, user]);
        const attachment = await attach(room.id, user);
        await store.removeMember(room.id, user);
        return [user, attachment] as const;
      }),
    ),
  );
  await memberships.poll();
  const first = await Promise.any(
    [...joining.keys()].map(async (user) => {
      await memberships.caughtUp(user);
      return user;
    }),
  );
  assert.notEqual(joining.get(first)?.removedBy(), undefined);
  await catchUp(...joining.keys());
  for (const attachment of joining.values()) assert.notEqual(attachment.removedBy(), undefined);
});

test("whose memberships can't be read at first is followed when they can", async () => {
  let isAway = true;
  using realtime = createRealtime({
    ...store,
    membershipPositions: (userIds) =>
      isAway ? Promise.reject(new Error("not now")) : store.membershipPositions(userIds),
  });
  const { memberships, messages, catchUp } = realtime;
  const [ada, bob] = [newUser(), newUser()];
  const room = await makeRoom(store, [ada, bob]);
  await memberships.follow(bob);
  const joining = await messages.attach(room.id, bob, await memberships.caughtUp(bob));
  await assert.rejects(memberships.poll());
  isAway = false;
  await memberships.poll();
  await store.removeMember(room.id, bob);
  await catchUp(bob);
  assert.notEqual(joining.removedBy(), undefined);
});
