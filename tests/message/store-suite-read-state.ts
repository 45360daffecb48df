import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NotifyLevel, Role, type Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore } from "#message/store/store.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

/** What the interface promises of what members have read. */
export function testReadState(stores: () => { store: MessageStore; other: MessageStore }): void {
  const membershipOf = async (room: Room, userId: string) =>
    (await stores().other.findRoom(room.id, userId))?.room.membership;
  const countsOf = async (room: Room, userId: string) => {
    const { readSeq, unreadCount } = (await membershipOf(room, userId)) ?? {};
    return { readSeq, unreadCount };
  };

  describe("read state", () => {
    test("who joins has read everything before; others see no membership", async () => {
      const { store } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada]);
      assert.equal(room.membership?.role, Role.OWNER);
      for (const _ of "ab") await store.append(draft(room, ada));
      await store.addMember(room.id, bob);
      const { joinedAt, ...membership } = (await membershipOf(room, bob)) ?? {};
      assert.ok(joinedAt);
      assert.deepEqual(membership, {
        $typeName: "aetherconnect.message.v1.Membership",
        role: Role.MEMBER,
        readSeq: 2,
        unreadCount: 0,
        mentionCount: 0,
        notify: NotifyLevel.ALL,
        isMuted: false,
      });
      assert.equal(await membershipOf(room, eve), undefined);
      await store.append(draft(room, ada));
      assert.deepEqual(await countsOf(room, bob), { readSeq: 2, unreadCount: 1 });
      await store.removeMember(room.id, bob);
      await store.addMember(room.id, bob);
      assert.deepEqual(await countsOf(room, bob), { readSeq: 3, unreadCount: 0 });
    });

    test("lists of rooms have what each is to the user, and their last messages", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const [first, second] = [await makeRoom(store, [ada, bob]), await makeRoom(store, [bob])];
      const { message } = await store.append(draft(first, ada));
      const rooms = await other.listRoomsOf(bob);
      assert.deepEqual(
        rooms.map(({ lastMessage, membership }) => [lastMessage, membership?.unreadCount]),
        [
          [message, 1],
          [undefined, 0],
        ],
      );
      const { rooms: open } = await other.listPublicRooms(ada, { offset: 0, limit: 10_000 });
      const roleIn = ({ id }: Room) => open.find((it) => it.id === id)?.membership?.role;
      assert.deepEqual([roleIn(first), roleIn(second)], [Role.OWNER, undefined]);
      const deletion = { kind: "delete" } as const;
      await store.changeMessage({ roomId: first.id, seq: 1, userId: ada, act: deletion });
      assert.equal((await other.listRoomsOf(bob))[0]?.lastMessage?.content, "");
    });

    test("marks only rise, and not beyond the end; by hand they go back", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      for (const _ of "abc") await store.append(draft(room, ada));
      const mark = (seq: number | undefined, onlyRises = true, userId = bob) =>
        store.markRead({ roomId: room.id, userId, seq, onlyRises });
      const seqs = [];
      for (const seq of [2, 1, 2, 9, undefined]) seqs.push((await mark(seq))?.seq);
      assert.deepEqual(seqs, [2, undefined, undefined, 3, undefined]);
      assert.equal((await mark(1, false))?.seq, 1);
      assert.deepEqual(await countsOf(room, bob), { readSeq: 1, unreadCount: 2 });
      assert.equal((await mark(undefined))?.seq, 3);
      assert.equal((await mark(0, false))?.seq, 0);
      assert.equal(await mark(1, true, eve), undefined);
      assert.deepEqual(await other.listReads(room.id, 9), [
        { userId: ada, seq: 3 },
        { userId: bob, seq: 0 },
      ]);
      assert.equal((await other.listReads(room.id, 1)).length, 1);
    });

    test("who sends has read up to there, also after marking as unread", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      await store.append(draft(room, ada));
      const sent = await Promise.all([..."abc"].map(() => store.append(draft(room, bob))));
      assert.deepEqual(await countsOf(room, bob), { readSeq: 4, unreadCount: 0 });
      assert.ok(sent.some(({ mark }) => mark?.seq === 4));
      await other.markRead({ roomId: room.id, userId: bob, seq: 1, onlyRises: false });
      await store.append(draft(room, ada));
      const once = draft(room, bob, { clientMessageId: "once" });
      assert.equal((await other.append(once)).mark?.seq, 6);
      await store.append(draft(room, ada));
      await store.append(once);
      assert.deepEqual(await countsOf(room, bob), { readSeq: 6, unreadCount: 1 });
    });

    test("marks are numbered for each user; the last of a room says what is stored", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const rooms = [await makeRoom(store, [ada, bob]), await makeRoom(store, [ada, bob])];
      for (const room of rooms) for (const _ of "abcd") await store.append(draft(room, ada));
      const before = (await other.readPositions([bob])).get(bob) ?? 0;
      const marking = rooms.flatMap(({ id: roomId }) =>
        [1, 2, 3, 4].map((seq) =>
          [store, other][seq % 2]?.markRead({ roomId, userId: bob, seq, onlyRises: seq < 3 }),
        ),
      );
      const made = (await Promise.all(marking)).flatMap((mark) => mark ?? []);
      assert.equal(new Set(made.map(({ number }) => number)).size, made.length);
      const last = (await other.readPositions([bob])).get(bob) ?? 0;
      assert.ok(last >= Math.max(...made.map(({ number }) => number)));
      const read = await other.listReadMarks(bob, before + 1, last);
      for (const room of rooms) {
        const mine = made.filter(({ roomId }) => roomId === room.id);
        const newest = mine.reduce((a, b) => (a.number > b.number ? a : b));
        const { readSeq } = await countsOf(room, bob);
        assert.equal(newest.seq, readSeq);
        assert.deepEqual(
          read.filter(({ roomId }) => roomId === room.id),
          [newest],
        );
      }
      assert.deepEqual(await other.listReadMarks(bob, last + 1, last + 9), []);
    });

    test("keeps of what a member wants to be notified, until they leave", async () => {
      const { store } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      await store.setNotify(room.id, bob, NotifyLevel.MENTIONS);
      const level = async () => (await membershipOf(room, bob))?.notify;
      assert.equal(await level(), NotifyLevel.MENTIONS);
      await store.removeMember(room.id, bob);
      await store.addMember(room.id, bob);
      assert.equal(await level(), NotifyLevel.ALL);
    });

    test("says where rooms stand, with their last messages and owners", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const [room, empty] = [await makeRoom(store, [ada, bob]), await makeRoom(store, [ada])];
      await store.append(draft(room, ada));
      const act = { kind: "react", emoji: "👍", isOn: true } as const;
      const { message } = await store.changeMessage({ roomId: room.id, seq: 1, userId: bob, act });
      const states = await other.listRoomStates([room.id, empty.id, "0".repeat(24), "x"]);
      assert.deepEqual(
        states.toSorted((a, b) => b.lastSeq - a.lastSeq),
        [
          { roomId: room.id, lastSeq: 1, lastRevision: 1, lastMessage: message },
          { roomId: empty.id, lastSeq: 0, lastRevision: 0, lastMessage: undefined },
        ],
      );
      await store.removeMember(room.id, ada);
      const head = { lastSeq: 1, lastRevision: 1, createdBy: bob };
      assert.deepEqual(await other.positions([room.id]), new Map([[room.id, head]]));
    });
  });
}
