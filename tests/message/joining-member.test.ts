import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import type { MembershipChange } from "#message/store/store.ts";
import { createTestDatabase } from "#tools/rig/database.ts";
import { shared } from "#tools/rig/shared.ts";
import { createRealtime } from "./harness/realtime.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

const database = await shared(createTestDatabase());
const store = await shared(openPostgresStore(database.url, createLogger("message", "silent")));
const realtime = await shared(createRealtime(store));

async function changed(change: Promise<MembershipChange | undefined>): Promise<MembershipChange> {
  const made = await change;
  assert.ok(made);
  return made;
}

test("who is about to become a member isn't taken for removed, and is found when they are", async () => {
  const [ada, bob, eve] = [newUser(), newUser(), newUser()];
  const room = await makeRoom(store, [ada]);
  const joining = await realtime.attach(room.id, bob);
  await store.addMember(room.id, eve);
  await realtime.catchUp(bob);
  assert.equal(joining.removedBy(), undefined, "the room's members changed, and they aren't one");

  const added = await changed(store.addMember(room.id, bob));
  joining.confirm(added.number);
  await realtime.catchUp(bob);
  assert.equal(joining.removedBy(), undefined);

  const removed = await changed(store.removeMember(room.id, bob));
  await realtime.catchUp(bob);
  assert.equal(joining.removedBy(), removed.number);
  joining.end();
});

test("a removal that comes before the confirmation counts, unless it ended an older membership", async () => {
  const [ada, bob] = [newUser(), newUser()];
  const room = await makeRoom(store, [ada]);
  const joining = await realtime.attach(room.id, bob);
  const added = await changed(store.addMember(room.id, bob));
  const removed = await changed(store.removeMember(room.id, bob));
  await realtime.catchUp(bob);
  joining.confirm(added.number);
  assert.equal(joining.removedBy(), removed.number);
  const addedAgain = await changed(store.addMember(room.id, bob));
  joining.confirm(addedAgain.number);
  assert.equal(joining.removedBy(), undefined);
  joining.end();
});

test("who was added again isn't put out by an older removal that comes late", async () => {
  const [ada, bob] = [newUser(), newUser()];
  const room = await makeRoom(store, [ada, bob]);
  const joining = await realtime.attach(room.id, bob);
  const removed = await changed(store.removeMember(room.id, bob));
  const added = await changed(store.addMember(room.id, bob));
  joining.confirm(added.number);
  realtime.memberships.removed(removed);
  await realtime.catchUp(bob);
  assert.equal(joining.removedBy(), undefined);
  const last = await changed(store.removeMember(room.id, bob));
  realtime.memberships.removed(last);
  assert.equal(joining.removedBy(), last.number, "at once");
  joining.end();
});

test("what the store had to be asked for is counted", async () => {
  const ada = newUser();
  const room = await makeRoom(store, [ada]);
  const joining = await realtime.attach(room.id, ada);
  for (const _ of [1, 2, 3]) await store.append(draft(room, ada));
  await realtime.messages.poll();
  await joining.reached({ lastSeq: 3, lastRevision: 0 });
  const text = await realtime.metricsText();
  assert.match(text, /^aetherconnect_fanout_filled\{.*\} 3$/m);
  assert.match(text, /^aetherconnect_fanout_stuck\{.*\} 0$/m);
  joining.end();
});
