import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { createFanout, type FanoutOptions } from "#message/realtime/fanout.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MessageStore } from "#message/store/store.ts";
import { createTestDatabase, type TestDatabase } from "#tools/rig/database.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

const log = createLogger("message", "silent");

let database: TestDatabase;
let store: MessageStore;
before(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore(database.url, log);
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** @param membersAmong what the store does when it is asked who is still a member */
function fanoutWith(membersAmong: MessageStore["membersAmong"]) {
  const removed: string[] = [];
  const options: FanoutOptions = {
    store: {
      positions: store.positions,
      listMessages: store.listMessages,
      membersAmong,
    },
    log,
    metrics: createMetrics("message"),
    announce: () => undefined,
    audience: {
      deliver: () => undefined,
      isEmpty: () => true,
      usersIn: () => new Set(),
      interrupt: () => undefined,
      remove: (userId) => removed.push(userId),
    },
  };
  return { fanout: createFanout(options), removed };
}

test("messages don't wait for members, however long the store takes to say who is one", {
  timeout: 20_000,
}, async () => {
  const answer = Promise.withResolvers<void>();
  const asked: string[] = [];
  const { fanout, removed } = fanoutWith(async (roomId, userIds) => {
    asked.push(roomId);
    await answer.promise;
    return store.membersAmong(roomId, userIds);
  });
  using _ = fanout;
  const [ada, bob] = [newUser(), newUser()];
  const rooms = await Promise.all(Array.from({ length: 6 }, () => makeRoom(store, [ada, bob])));
  const attached = await Promise.all(rooms.map((room) => fanout.attach(room.id, bob)));
  for (const it of attached) it.confirm();
  for (const room of rooms) {
    await store.removeMember(room.id, bob);
    await store.append(draft(room, ada));
  }
  await fanout.poll();
  await Promise.all(attached.map((it) => it.reached(1)));
  const { membersChecked } = await fanout.poll();
  assert.equal(asked.length, 4, "a few at once, and no room twice");
  answer.resolve();
  await membersChecked;
  assert.deepEqual(asked.toSorted(), rooms.map((it) => it.id).toSorted());
  assert.deepEqual(removed, Array(6).fill(bob));
  await (await fanout.poll()).membersChecked;
  assert.equal(asked.length, 6, "what is known isn't asked for again");
});

test("a room whose members can't be read holds no other up, and is tried again", async () => {
  let failures = 0;
  const { fanout, removed } = fanoutWith((roomId, userIds) => {
    if (failures++ === 0) return Promise.reject(new Error("not now"));
    return store.membersAmong(roomId, userIds);
  });
  using _ = fanout;
  const [ada, bob, eve] = [newUser(), newUser(), newUser()];
  for (const user of [bob, eve]) {
    const room = await makeRoom(store, [ada, user]);
    (await fanout.attach(room.id, user)).confirm();
    await store.removeMember(room.id, user);
  }
  await (await fanout.poll()).membersChecked;
  assert.equal(removed.length, 1);
  await (await fanout.poll()).membersChecked;
  assert.deepEqual(removed.toSorted(), [bob, eve].toSorted());
});
