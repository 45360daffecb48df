import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MembershipChange, MessageStore } from "#message/store/store.ts";
import { range } from "./harness/services.ts";
import { inGroups, makeRoom, newUser } from "./store-suite-drafts.ts";

interface Stores {
  store: MessageStore;
  other: MessageStore;
  /** Opens one more on the same database. */
  reopen: () => Promise<MessageStore>;
}

const newRoom = { name: "r", description: undefined, roomType: RoomType.PUBLIC };
const everything = 1_000_000;

/** What the interface promises of each user's log of memberships. */
export function testMembershipLog(stores: () => Stores): void {
  const positionOf = async (store: MessageStore, userId: string) =>
    (await store.membershipPositions([userId])).get(userId) ?? 0;

  describe("membership log", () => {
    test("counts each user's changes and keeps the last of each room", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room, change } = await store.createRoom({ ...newRoom, createdBy: ada });
      assert.deepEqual(change, { userId: ada, number: 1, roomId: room.id, isMember: true });
      const second = await makeRoom(other, [ada]);
      const added = await store.addMember(room.id, bob);
      assert.deepEqual(added, { userId: bob, number: 1, roomId: room.id, isMember: true });
      const removed = await other.removeMember(room.id, ada);
      assert.deepEqual(removed, { userId: ada, number: 3, roomId: room.id, isMember: false });
      const none = newUser();
      assert.deepEqual(
        await store.membershipPositions([ada, bob, none]),
        new Map([
          [ada, 3],
          [bob, 1],
        ]),
      );
      assert.deepEqual(await store.listMembershipChanges(ada, 1, everything), [
        { userId: ada, number: 2, roomId: second.id, isMember: true },
        removed,
      ]);
      assert.deepEqual(await store.listMembershipChanges(ada, 1, 2), [
        { userId: ada, number: 2, roomId: second.id, isMember: true },
      ]);
      assert.deepEqual(await store.listMembershipChanges(ada, 4, 9), []);
      assert.deepEqual(await store.listMembershipChanges(none, 1, 9), []);
      assert.deepEqual(await store.membershipPositions([]), new Map());
    });

    test("goes on counting after a restart, also in a room once left", async () => {
      const { store, reopen } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [newUser(), ada]);
      await store.removeMember(room.id, ada);
      await using again = await reopen();
      assert.equal(await positionOf(again, ada), 2);
      const change = await again.addMember(room.id, ada);
      assert.deepEqual(change, { userId: ada, number: 3, roomId: room.id, isMember: true });
    });

    test("gives each change of a crowd that comes and goes its own number", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 6 }, newUser);
      const rooms = await Promise.all(range(1, 4).map(() => makeRoom(store, [newUser()])));
      const all = rooms.flatMap((room) => users.map((user) => [room.id, user] as const));
      const made = await inGroups(all, async ([roomId, user], i) => {
        const [one, two] = i % 2 ? [store, other] : [other, store];
        return [
          await one.addMember(roomId, user),
          await two.removeMember(roomId, user),
          ...(i % 3 ? [await two.addMember(roomId, user)] : []),
        ];
      });
      for (const user of users) {
        const own = made.filter((changes) => changes[0]?.userId === user);
        const numbers = own.flat().map((change) => change?.number ?? 0);
        assert.deepEqual(
          numbers.toSorted((a, b) => a - b),
          range(1, numbers.length),
        );
        const last = own.flatMap((changes) => changes.at(-1) ?? []);
        assert.deepEqual(
          await other.listMembershipChanges(user, 1, everything),
          last.toSorted((a, b) => a.number - b.number),
        );
      }
    });

    test("loses no change of one user in several rooms by two stores, and shows none late", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const rooms = await Promise.all(range(1, 6).map(() => makeRoom(store, [newUser()])));
      const made: MembershipChange[] = [];
      let isChanging = true;
      const changing = Promise.all(
        rooms.map(async ({ id }, i) => {
          const by = i % 2 ? store : other;
          for (const n of range(1, 5)) {
            const change = await (n % 2 ? by.addMember(id, ada) : by.removeMember(id, ada));
            assert.ok(change, "the change was one's own");
            made.push(change);
          }
        }),
      ).finally(() => {
        isChanging = false;
      });
      // Somebody who follows the log, as an instance does.
      const seen = new Map<string, MembershipChange>();
      let position = 0;
      const follow = async () => {
        const last = await positionOf(store, ada);
        assert.ok(last >= position, "numbers never go back");
        if (last === position) return;
        for (const change of await store.listMembershipChanges(ada, position + 1, last)) {
          seen.set(change.roomId, change);
        }
        position = last;
      };
      while (isChanging) await follow();
      await changing;
      await follow();
      assert.deepEqual(
        made.map((it) => it.number).toSorted((a, b) => a - b),
        range(1, 30),
      );
      assert.equal(position, 30);
      for (const { id } of rooms) {
        const last = made.findLast((it) => it.roomId === id);
        assert.deepEqual(seen.get(id), last);
        assert.equal(last?.isMember, true);
      }
    });

    test("numbers rooms that one user creates in one moment", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const created = await Promise.all(
        range(1, 20).map((n) => (n % 2 ? store : other).createRoom({ ...newRoom, createdBy: ada })),
      );
      assert.deepEqual(
        created.map(({ change }) => change.number).toSorted((a, b) => a - b),
        range(1, 20),
      );
      const log = await store.listMembershipChanges(ada, 1, 20);
      assert.deepEqual(
        log,
        created.map(({ change }) => change).toSorted((a, b) => a.number - b.number),
      );
    });
  });
}
