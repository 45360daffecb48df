import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { mostRooms, mostRoomsByOthers } from "#message/store/room-limits.ts";
import type { MessageStore } from "#message/store/store.ts";
import {
  codeOf,
  draft,
  inGroups,
  makeRoom,
  newUser,
  retryWhileBusy,
} from "./store-suite-drafts.ts";

async function memberIdsOf(store: MessageStore, room: Room): Promise<string[]> {
  const { members } = await store.listMembers(room.id, { offset: 0, limit: 100 });
  return members.map(({ userId }) => userId);
}

/** What the interface promises of rooms and members. */
export function testMemberships(stores: () => { store: MessageStore; other: MessageStore }): void {
  describe("memberships", () => {
    test("refuses a member once removed, and takes them again", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      assert.ok(await store.removeMember(room.id, bob));
      assert.equal(await store.removeMember(room.id, bob), undefined);
      assert.equal(await codeOf(other.append(draft(room, bob))), "NOT_IN_ROOM");
      assert.deepEqual(await memberIdsOf(other, room), [ada]);
      assert.ok(await store.addMember(room.id, bob));
      assert.equal(await store.addMember(room.id, bob), undefined);
      assert.equal(await codeOf(other.append(draft(room, bob))), "OK");
    });

    test("shows the first hundred members and counts them all", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 103 }, newUser);
      const room = await makeRoom(store, users);
      const view = await other.findRoom(room.id, users[102] ?? "");
      assert.equal(view?.isMember, true);
      assert.deepEqual(view?.room.members, users.slice(0, 100));
      assert.equal(view?.room.memberCount, 103);
      const { members, total } = await store.listMembers(room.id, { offset: 100, limit: 100 });
      assert.equal(total, 103);
      assert.deepEqual(
        members.map((it) => it.userId),
        users.slice(100),
      );
      await inGroups(users, (user, i) => (i % 2 ? store : other).removeMember(room.id, user));
      assert.equal((await store.findRoom(room.id, "1"))?.room.memberCount, 0);
    });

    test("lets the oldest member follow a creator who leaves", async () => {
      const { store } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob, eve], RoomType.PRIVATE);
      const creator = async () => (await store.findRoom(room.id, eve))?.room.createdBy;
      await store.removeMember(room.id, eve);
      assert.equal(await creator(), ada);
      await store.removeMember(room.id, ada);
      assert.equal(await creator(), bob);
      await store.removeMember(room.id, bob);
      assert.equal(await creator(), bob, "nobody is left to follow");
    });

    test("keeps creator and count right while others come and go by another store", async () => {
      const { store, other } = stores();
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          const [ada, bob, eve] = [newUser(), newUser(), newUser()];
          const room = await makeRoom(store, [ada, bob, eve], RoomType.PRIVATE);
          const comeAndGo = async () => {
            for (let i = 0; i < 4; i++) {
              await retryWhileBusy(() => store.removeMember(room.id, eve));
              await retryWhileBusy(() => store.addMember(room.id, eve));
            }
          };
          const goes = () => other.removeMember(room.id, ada);
          await Promise.all([comeAndGo(), retryWhileBusy(goes)]);
          const view = await store.findRoom(room.id, bob);
          const { members, total } = await store.listMembers(room.id, { offset: 0, limit: 9 });
          const here = members.map((it) => it.userId);
          assert.deepEqual(here.toSorted(), [bob, eve].toSorted());
          assert.ok(here.includes(view?.room.createdBy ?? ""), "somebody follows");
          assert.deepEqual([total, view?.room.memberCount], [2, 2]);
        }),
      );
    });

    test("lets in and out a crowd that comes at once, each once", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 30 }, newUser);
      const room = await makeRoom(store, [newUser()]);
      const twice = [...users, ...users].map((user, i) => [user, i % 3 ? store : other] as const);
      const added = await Promise.all(twice.map(([user, it]) => it.addMember(room.id, user)));
      assert.equal(added.filter(Boolean).length, users.length);
      assert.equal((await other.findRoom(room.id, "1"))?.room.memberCount, users.length + 1);
      const removed = await inGroups(twice, ([user, it]) => it.removeMember(room.id, user));
      assert.equal(removed.filter(Boolean).length, users.length);
      const { members, total } = await store.listMembers(room.id, { offset: 0, limit: 100 });
      assert.deepEqual([members.length, total], [1, 1]);
    });

    test("takes a member from one who is a member, and from nobody else", async () => {
      const { store, other } = stores();
      const [ada, bob, eve, lou] = [newUser(), newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob], RoomType.PRIVATE);
      assert.ok(await store.addMember(room.id, eve, bob));
      assert.equal(await store.addMember(room.id, eve, bob), undefined);
      await other.removeMember(room.id, bob);
      const outcomes = await Promise.all([
        codeOf(store.addMember(room.id, lou, bob)),
        codeOf(store.addMember(room.id, eve, bob)),
        codeOf(store.addMember(room.id, bob, bob)),
        codeOf(store.addMember(room.id, lou, newUser())),
        codeOf(store.addMember(room.id, bob, ada)),
      ]);
      const none = "ROOM_NOT_FOUND";
      assert.deepEqual(outcomes, [none, none, none, none, "OK"]);
      assert.deepEqual(await memberIdsOf(store, room), [ada, eve, bob]);
    });

    test("lets nobody into more rooms than a list can hold, and others fill half of it", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const rooms: Room[] = [];
      const fill = async (count: number) => {
        while (rooms.length < count) {
          const atOnce = Math.min(count - rooms.length, 10);
          const made = Array.from({ length: atOnce }, () => makeRoom(store, [ada]));
          rooms.push(...(await Promise.all(made)));
        }
      };
      await fill(mostRoomsByOthers);
      const [one, two] = [await makeRoom(other, [bob]), await makeRoom(other, [bob])];
      assert.equal(await codeOf(other.addMember(one.id, ada, bob)), "RATE_LIMITED");
      assert.equal(await codeOf(other.addMember(one.id, ada)), "OK", "of their own accord");
      rooms.push(one);
      await fill(mostRooms);
      assert.equal(await codeOf(makeRoom(other, [ada])), "RATE_LIMITED");
      assert.equal(await codeOf(other.addMember(two.id, ada)), "RATE_LIMITED");
      assert.equal(await codeOf(store.addMember(one.id, ada)), "OK", "they are in it");
      assert.equal((await store.listRoomsOf(ada)).length, mostRooms);
      await store.removeMember(one.id, ada);
      assert.equal(await codeOf(store.addMember(two.id, ada)), "OK");
    });

    test("lists a user's rooms in the order of joining", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const [one, two, three] = [
        await makeRoom(store, [ada]),
        await makeRoom(store, [bob]),
        await makeRoom(store, [ada]),
      ];
      for (const room of [three, one]) await store.addMember(room.id, bob);
      assert.deepEqual(
        (await other.listRoomsOf(bob)).map((it) => it.id),
        [two.id, three.id, one.id],
      );
      assert.deepEqual(await store.listRoomsOf(newUser()), []);
    });
  });
}
