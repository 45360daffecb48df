import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Act, MessageStore } from "#message/store/store.ts";
import { range } from "./harness/services.ts";
import { codeOf, draft, newUser, retryWhileBusy } from "./store-suite-drafts.ts";

/** What the interface promises of direct rooms. */
export function testDirectRooms(stores: () => { store: MessageStore; other: MessageStore }): void {
  describe("direct rooms", () => {
    const idsOf = async (store: MessageStore, userId: string) =>
      (await store.listRoomsOf(userId)).map(({ id }) => id);
    const numbersOf = async (store: MessageStore, userId: string) =>
      (await store.listMembershipChanges(userId, 1, 99)).map((it) => [it.number, it.isMember]);
    const act = (store: MessageStore, room: Room, userId: string, one: Act, seq = 1) =>
      codeOf(store.changeMessage({ roomId: room.id, seq, userId, act: one }));

    test("are one for each pair, whoever opens it, also at once by two stores", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const opened = await Promise.all([
        store.openDirectRoom(ada, bob),
        other.openDirectRoom(bob, ada),
      ]);
      const [{ room }] = [opened[0] ?? assert.fail()];
      assert.deepEqual(new Set(opened.map((it) => it.room.id)), new Set([room.id]));
      assert.equal(opened.filter(({ isNew }) => isNew).length, 1);
      assert.equal(opened.filter(({ change }) => change).length, 2, "once for each of the two");
      const again = await other.openDirectRoom(ada, bob);
      assert.deepEqual([again.isNew, again.change], [false, undefined]);
      assert.deepEqual(again.room.members.toSorted(), [ada, bob].toSorted());
      assert.deepEqual([again.room.memberCount, again.room.roomType], [2, RoomType.DIRECT]);
      for (const user of [ada, bob]) {
        assert.deepEqual(await idsOf(other, user), [room.id]);
        assert.deepEqual(await numbersOf(other, user), [[1, true]]);
      }
      assert.notEqual((await store.openDirectRoom(ada, eve)).room.id, room.id);
      assert.equal(await codeOf(store.append(draft(room, eve))), "ROOM_NOT_FOUND");
      assert.equal((await store.findRoom(room.id, eve))?.isMember, false);
      await store.createRoom({
        ...{ name: "r", description: undefined, roomType: RoomType.PRIVATE, createdBy: bob },
      });
      assert.deepEqual(await other.directRoomsOf([bob]), [room.id]);
      assert.equal((await other.directRoomsOf([bob, ada, eve])).length, 2);
      assert.deepEqual(await other.directRoomsOf([newUser()]), []);
    });

    test("are one for each of twenty pairs that open them at once, from both sides", async () => {
      const { store, other } = stores();
      const hub = newUser();
      const pairs = Array.from({ length: 20 }, (_, i) => [i < 10 ? hub : newUser(), newUser()]);
      const opened = await Promise.all(
        pairs.map(async ([one = "", two = ""]) => {
          const both = [
            retryWhileBusy(() => store.openDirectRoom(one, two)),
            retryWhileBusy(() => other.openDirectRoom(two, one)),
          ];
          const rooms = (await Promise.all(both)).map(({ room }) => room);
          assert.equal(new Set(rooms.map(({ id }) => id)).size, 1);
          assert.deepEqual(rooms[0]?.members.toSorted(), [one, two].toSorted());
          assert.deepEqual(await idsOf(store, two), [rooms[0]?.id]);
          return rooms[0]?.id ?? assert.fail();
        }),
      );
      assert.equal(new Set(opened).size, pairs.length);
      const numbers = (await numbersOf(other, hub)).map(([number]) => number);
      assert.deepEqual(numbers, range(1, 10));
      assert.deepEqual((await idsOf(other, hub)).toSorted(), opened.slice(0, 10).toSorted());
    });

    test("come into the other's list with the first message", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room, change } = await store.openDirectRoom(ada, bob);
      assert.deepEqual(change, { userId: ada, number: 1, roomId: room.id, isMember: true });
      assert.deepEqual(await idsOf(store, ada), [room.id]);
      assert.deepEqual([await idsOf(other, bob), await numbersOf(other, bob)], [[], []]);
      assert.equal((await other.findRoom(room.id, bob))?.isMember, true);
      const { shown } = await store.append(draft(room, ada, { clientMessageId: "a" }));
      assert.deepEqual(shown, [{ userId: bob, number: 1, roomId: room.id, isMember: true }]);
      assert.deepEqual(await idsOf(other, bob), [room.id]);
      assert.deepEqual(await numbersOf(other, bob), [[1, true]]);
      const repeated = await other.append(draft(room, ada, { clientMessageId: "a" }));
      assert.deepEqual([repeated.isDuplicate, repeated.shown], [true, []]);
      assert.deepEqual((await other.append(draft(room, bob))).shown, []);
    });

    test("are hidden by leaving until the next message, or until they are opened", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room } = await store.openDirectRoom(ada, bob);
      await store.append(draft(room, ada));
      const hidden = await other.hideRoom(room.id, bob);
      assert.deepEqual(hidden, [{ userId: bob, number: 2, roomId: room.id, isMember: false }]);
      assert.deepEqual(await other.hideRoom(room.id, bob), []);
      assert.deepEqual(await idsOf(store, bob), []);
      assert.equal((await store.findRoom(room.id, bob))?.room.memberCount, 2);
      const { shown } = await store.append(draft(room, ada));
      assert.deepEqual(shown, [{ userId: bob, number: 3, roomId: room.id, isMember: true }]);
      assert.deepEqual(await idsOf(store, bob), [room.id]);
      await store.hideRoom(room.id, bob);
      await store.hideRoom(room.id, ada);
      const opened = await other.openDirectRoom(bob, ada);
      assert.equal(opened.change?.number, 5);
      assert.deepEqual([await idsOf(store, ada), await idsOf(store, bob)], [[], [room.id]]);
      assert.equal((await store.append(draft(room, ada))).shown[0]?.userId, ada, "one's own too");
      assert.deepEqual(await store.hideRoom(room.id, newUser()), []);
    });

    test("stay hidden when a message that was there is sent again", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room } = await store.openDirectRoom(ada, bob);
      const sent = draft(room, ada, { clientMessageId: "a" });
      await store.append(sent);
      for (const user of [ada, bob]) await other.hideRoom(room.id, user);
      const { isDuplicate, shown } = await store.append(sent);
      assert.deepEqual([isDuplicate, shown], [true, []]);
      assert.deepEqual([await idsOf(other, ada), await idsOf(other, bob)], [[], []]);
      assert.equal((await store.append(draft(room, ada))).shown.length, 2);
    });

    test("that are left while messages come are in the list after the last of them", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room } = await store.openDirectRoom(ada, bob);
      for (let times = 0; times < 5; times++) {
        await Promise.all([
          store.append(draft(room, ada)),
          other.hideRoom(room.id, bob),
          other.append(draft(room, ada)),
        ]);
        const log = await numbersOf(store, bob);
        const isListed = (await idsOf(store, bob)).length > 0;
        assert.equal(log.at(-1)?.[1], isListed, "what is told is what is listed");
      }
    });

    test("hold one user alone for notes", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const opened = await Promise.all([store, other].map((it) => it.openDirectRoom(ada, ada)));
      assert.equal(new Set(opened.map(({ room }) => room.id)).size, 1);
      const { room } = opened[0] ?? assert.fail();
      const view = await store.findRoom(room.id, ada);
      assert.deepEqual([view?.room.members, view?.room.memberCount], [[ada], 1]);
      assert.equal(await codeOf(store.append(draft(room, ada))), "OK");
    });

    test("are closed to who is blocked by the other, and open to the other", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const { room } = await store.openDirectRoom(ada, bob);
      const react: Act = { kind: "react", emoji: "👍", isOn: true };
      const pin: Act = { kind: "pin", isOn: true };
      const edit: Act = { kind: "edit", content: "new", metadata: undefined };
      await store.append(draft(room, bob, { clientMessageId: "a" }));
      await store.append(draft(room, ada));
      await other.block(ada, bob);
      const codes = [
        await codeOf(store.openDirectRoom(bob, ada)),
        await codeOf(store.append(draft(room, bob))),
        await codeOf(other.append(draft(room, bob, { clientMessageId: "a" }))),
        await act(store, room, bob, edit),
        await act(store, room, bob, react),
        await act(store, room, bob, pin),
        await act(store, room, bob, edit, 99),
      ];
      assert.deepEqual(codes, [...Array.from({ length: 6 }, () => "BLOCKED"), "MESSAGE_NOT_FOUND"]);
      assert.equal(await act(store, room, ada, { kind: "delete" }), "FORBIDDEN", "none moderates");
      assert.equal(await act(store, room, bob, { kind: "delete" }), "OK");
      assert.equal(await act(store, room, ada, react, 2), "OK");
      assert.equal(await codeOf(other.append(draft(room, ada))), "OK");
      assert.equal(await codeOf(other.openDirectRoom(ada, bob)), "OK");
      await store.unblock(ada, bob);
      assert.equal(await codeOf(other.append(draft(room, bob))), "OK");
    });
  });
}
