import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { PresenceStatus } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import type { MessageStore } from "#message/store/store.ts";
import { makeRoom, newUser } from "./store-suite-drafts.ts";

const { ONLINE, AWAY, OFFLINE } = PresenceStatus;
const minuteMs = 60_000;

/** What the interface promises of who is there, and of who may know. */
export function testPresence(stores: () => { store: MessageStore; other: MessageStore }): void {
  const put = (
    instanceId: string,
    userId: string,
    status: PresenceStatus,
    lastSeenAt: Date | undefined = undefined,
  ) => stores().store.putPresences(instanceId, [{ userId, status, lastSeenAt }]);

  describe("presence", () => {
    test("is the best that other living instances say", async () => {
      const { store, other } = stores();
      const [one, two] = [randomUUID(), randomUUID()];
      const [ada, bob] = [newUser(), newUser()];
      const seen = async (except = "") => (await other.readPresences([ada, bob], except)).get(ada);
      assert.equal(await store.renewPresences(one, minuteMs), false, "it is new");
      assert.equal(await other.renewPresences(one, minuteMs), true);
      assert.equal(await other.renewPresences(two, minuteMs), false);
      assert.equal(await seen(), undefined);
      await put(one, ada, AWAY);
      assert.deepEqual(await seen(), { status: AWAY, lastSeenAt: undefined });
      assert.equal(await seen(one), undefined);
      await put(two, ada, ONLINE);
      assert.equal((await seen())?.status, ONLINE);
      assert.equal((await seen(two))?.status, AWAY);
      await put(one, ada, ONLINE);
      assert.equal((await seen(two))?.status, ONLINE);

      const [first, last] = [new Date(1_700_000_000_000), new Date(1_700_000_000_123)];
      await put(two, ada, OFFLINE, last);
      assert.equal((await seen())?.status, ONLINE);
      await put(one, ada, OFFLINE, first);
      assert.deepEqual(await seen(), { status: OFFLINE, lastSeenAt: last });
      assert.equal((await other.readPresences([bob], "")).size, 0);
    });

    test("ends with the time of its instance, which is forgotten a while later", async () => {
      const { store, other } = stores();
      const [instance, another] = [randomUUID(), randomUUID()];
      const user = newUser();
      const seen = async () => (await other.readPresences([user], "")).get(user);
      await store.renewPresences(instance, minuteMs);
      await put(instance, user, ONLINE);
      await store.renewPresences(instance, -1_000);
      const ended = await seen();
      assert.equal(ended?.status, OFFLINE);
      assert.ok(ended?.lastSeenAt);
      await store.renewPresences(instance, minuteMs);
      assert.equal((await seen())?.status, ONLINE);

      await store.renewPresences(instance, -2 * minuteMs);
      const before = await seen();
      await other.renewPresences(another, minuteMs);
      assert.deepEqual(await seen(), before);
      assert.equal(
        await store.renewPresences(instance, minuteMs),
        false,
        "all has to be said again",
      );
      assert.deepEqual(await seen(), before);
    });

    test("those who share a room are found, and when that may have changed", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      await makeRoom(store, [bob, eve]);
      const sharing = async (user: string) =>
        (await other.listSharing(user, [ada, bob, eve, "nobody"])).toSorted();
      const states = new Set<string | undefined>();
      const note = async () => states.add((await other.relationStates([ada, eve])).get(ada));
      assert.deepEqual(await sharing(ada), [ada, bob].toSorted());
      assert.deepEqual(await sharing(bob), [ada, bob, eve].toSorted());
      await note();
      await store.removeMember(room.id, ada);
      assert.deepEqual(await sharing(ada), []);
      for (const change of [
        () => undefined,
        () => store.addMember(room.id, ada),
        () => store.block(ada, bob),
        () => store.block(ada, eve),
        () => store.unblock(ada, eve),
        () => store.unblock(ada, bob),
      ]) {
        await change();
        await note();
      }
      // Without a block it is as it was before that block.
      assert.equal(states.size, 5);
    });
  });
}
