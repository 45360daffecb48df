import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLogger } from "#common/log.ts";
import { createMetrics } from "#common/metrics.ts";
import { createFanout, type Fanout } from "#message/realtime/fanout.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MessageStore } from "#message/store/store.ts";
import { createTestDatabase, type TestDatabase } from "#tools/rig/database.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

const log = createLogger("message", "silent");
const metrics = createMetrics("message");

let database: TestDatabase;
let store: MessageStore;
let fanout: Fanout;
/** Who was put out of a room, as the sockets' side would do it. */
const removed: string[] = [];
before(async () => {
  database = await createTestDatabase();
  store = await openPostgresStore(database.url, log);
  fanout = createFanout({
    store,
    log,
    metrics,
    announce: () => undefined,
    audience: {
      deliver: () => undefined,
      isEmpty: () => true,
      usersIn: () => new Set(),
      interrupt: () => undefined,
      remove(userId, roomId) {
        removed.push(userId);
        fanout.cancel(roomId, userId);
      },
    },
  });
});
after(async () => {
  fanout[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("who is about to become a member isn't taken for removed, and is found when he is", async () => {
  const [ada, bob, eve] = [newUser(), newUser(), newUser()];
  const room = await makeRoom(store, [ada]);
  const joining = await fanout.attach(room.id, bob);
  await store.addMember(room.id, eve);
  await (await fanout.poll()).membersChecked;
  assert.deepEqual(removed, [], "the room's members changed, and he isn't one yet");
  assert.equal(joining.isCancelled(), false);

  await store.addMember(room.id, bob);
  joining.confirm();
  await (await fanout.poll()).membersChecked;
  assert.equal(joining.isCancelled(), false);

  await store.removeMember(room.id, bob);
  await (await fanout.poll()).membersChecked;
  assert.deepEqual(removed, [bob]);
  assert.equal(joining.isCancelled(), true);
  joining.end();
});

test("a removal that comes before the confirmation is found by the next poll", async () => {
  const [ada, bob] = [newUser(), newUser()];
  const room = await makeRoom(store, [ada]);
  const joining = await fanout.attach(room.id, bob);
  await store.addMember(room.id, bob);
  await store.removeMember(room.id, bob);
  await (await fanout.poll()).membersChecked;
  assert.equal(joining.isCancelled(), false, "not known yet to be one who can be removed");
  joining.confirm();
  await (await fanout.poll()).membersChecked;
  assert.equal(joining.isCancelled(), true);
  joining.end();
});

test("what the store had to be asked for is counted", async () => {
  const ada = newUser();
  const room = await makeRoom(store, [ada]);
  const joining = await fanout.attach(room.id, ada);
  for (const _ of [1, 2, 3]) await store.append(draft(room, ada));
  await fanout.poll();
  await joining.reached(3);
  const text = await metrics.registry.metrics();
  assert.match(text, /^aetherconnect_fanout_filled\{.*\} 3$/m);
  assert.match(text, /^aetherconnect_fanout_stuck\{.*\} 0$/m);
  joining.end();
});
