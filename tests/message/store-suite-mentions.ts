import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore, NewMessage } from "#message/store/store.ts";
import { codeOf, draft, inGroups, makeRoom, newUser } from "./store-suite-drafts.ts";

/** What the interface promises of mentions. */
export function testMentions(stores: () => { store: MessageStore; other: MessageStore }): void {
  const mention = (room: Room, by: string, more: Partial<NewMessage>, store = stores().store) =>
    store.append(draft(room, by, more));
  const countOf = async (room: Room, userId: string) =>
    (await stores().other.findRoom(room.id, userId))?.room.membership?.mentionCount;
  const placesOf = async (userId: string, below?: number, limit = 50) =>
    (await stores().other.listMentions({ userId, below, limit })).map(
      ({ message }) => `${message.roomId} ${message.seq}`,
    );
  const at = (room: Room, ...seqs: number[]) => seqs.map((seq) => `${room.id} ${seq}`);

  describe("mentions", () => {
    test("of those mentioned the other members are stored, each once, and counted", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      const named = [bob, eve, ada, bob, "nobody", "*"];
      const { message, mentionNumber } = await mention(room, ada, { mentions: named });
      assert.deepEqual(
        [message.mentions, message.mentionsRoom, message.revision],
        [[bob], false, 0],
      );
      assert.deepEqual(await other.listMessages(room.id, 1, 1), [message]);
      assert.equal(typeof mentionNumber, "number");
      const nobody = await mention(room, ada, { mentions: [ada, eve] });
      assert.deepEqual([nobody.message.mentions, nobody.mentionNumber], [[], undefined]);
      assert.deepEqual([await countOf(room, bob), await countOf(room, ada)], [1, 0]);
      assert.deepEqual(await placesOf(bob), at(room, 1));
      assert.deepEqual([await placesOf(ada), await placesOf(eve)], [[], []]);
      const [listed] = await store.listRoomsOf(bob);
      assert.equal(listed?.membership?.mentionCount, 1);
      await store.markRead({ roomId: room.id, userId: bob, seq: 1, onlyRises: true });
      assert.equal(await countOf(room, bob), 0);
      await store.markRead({ roomId: room.id, userId: bob, seq: 0, onlyRises: false });
      assert.equal(await countOf(room, bob), 1);
    });

    test("a room mentions all others who have been in it since", async () => {
      const { store } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      const { message } = await mention(room, ada, { mentionsRoom: true, mentions: [bob] });
      assert.deepEqual([message.mentions, message.mentionsRoom], [[bob], true]);
      // Times are kept in milliseconds: who joins in that of a mention counts as there.
      await pause(5);
      await store.addMember(room.id, eve);
      await store.markRead({ roomId: room.id, userId: eve, seq: 0, onlyRises: false });
      assert.deepEqual(
        await Promise.all([ada, bob, eve].map((it) => countOf(room, it))),
        [0, 1, 0],
      );
      assert.deepEqual(await placesOf(eve), []);
      await mention(room, bob, { mentionsRoom: true });
      assert.deepEqual(await placesOf(eve), at(room, 2));
      assert.deepEqual(await placesOf(ada), at(room, 2));
      assert.deepEqual(await placesOf(bob), at(room, 1));
    });

    test("a room of more than fifty is mentioned by its owner alone", async () => {
      const { store } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      const others = Array.from({ length: 48 }, newUser);
      await inGroups(others, (user) => store.addMember(room.id, user));
      await mention(room, bob, { mentionsRoom: true, clientMessageId: "first" });
      await store.addMember(room.id, newUser());
      const attempt = (more: Partial<NewMessage>, by = bob) => codeOf(mention(room, by, more));
      assert.equal(await attempt({ mentionsRoom: true }), "FORBIDDEN");
      assert.equal(await attempt({ mentionsRoom: true, replyTo: 9 }), "MESSAGE_NOT_FOUND");
      assert.equal(await attempt({ mentionsRoom: true }, newUser()), "NOT_IN_ROOM");
      assert.equal(await attempt({ mentionsRoom: true, clientMessageId: "first" }), "OK");
      assert.equal(await attempt({ mentions: [ada] }), "OK");
      const { message } = await mention(room, ada, { mentionsRoom: true });
      assert.deepEqual(await placesOf(others[0] ?? ""), at(room, message.seq, 1));
    });

    test("an edit changes no mentions, a deletion ends them", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob, eve]);
      await mention(room, ada, { mentions: [bob, eve] });
      await mention(room, ada, { mentionsRoom: true });
      const from = (await other.mentionPosition()) - 1;
      const change = { roomId: room.id, seq: 1, userId: ada };
      const act = { kind: "edit", content: "else", metadata: undefined } as const;
      const edited = await store.changeMessage({ ...change, act });
      assert.deepEqual(edited.message.mentions, [bob, eve]);
      assert.deepEqual(await other.listMessages(room.id, 1, 1), [edited.message]);
      assert.deepEqual([await countOf(room, bob), await placesOf(bob)], [2, at(room, 2, 1)]);
      for (const seq of [1, 2]) {
        const { message } = await store.changeMessage({ ...change, seq, act: { kind: "delete" } });
        assert.deepEqual([message.mentions, message.mentionsRoom], [[], false]);
        assert.deepEqual(await other.listMessages(room.id, seq, seq), [message]);
      }
      assert.deepEqual([await countOf(room, bob), await placesOf(bob)], [0, []]);
      const position = await store.mentionPosition();
      const log = await store.readMentionLog(from, position);
      assert.ok(!log.some(({ message }) => message.roomId === room.id));
      const next = await mention(room, ada, { mentions: [bob] }, other);
      assert.ok((next.mentionNumber ?? 0) > position, "no number comes twice");
    });

    test("pages go from the newest on, over the rooms that one is in", async () => {
      const { store } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const rooms = [await makeRoom(store, [ada, bob]), await makeRoom(store, [ada, bob])];
      const sent: string[] = [];
      for (let n = 0; n < 6; n++) {
        const room = rooms[n % 2];
        assert.ok(room);
        const more = n < 3 ? { mentions: [bob] } : { mentionsRoom: true };
        sent.unshift(...at(room, (await mention(room, ada, more)).message.seq));
        await store.append(draft(room, ada));
      }
      assert.deepEqual(await placesOf(bob), sent);
      const first = await store.listMentions({ userId: bob, below: undefined, limit: 4 });
      assert.deepEqual(await placesOf(bob, first.at(-1)?.number, 4), sent.slice(4));
      const [left, kept] = rooms;
      assert.ok(left && kept);
      await store.removeMember(left.id, bob);
      assert.deepEqual(
        await placesOf(bob),
        sent.filter((place) => place.startsWith(kept.id)),
      );
      assert.equal(await countOf(left, bob), undefined);
    });

    test("the log has each mention once, numbered in order, by two stores at once", async () => {
      const { store, other } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const rooms = [await makeRoom(store, [ada, bob, eve]), await makeRoom(store, [ada, bob])];
      const direct = await store.openDirectRoom(ada, bob);
      rooms.push(direct.room);
      const before = await store.mentionPosition();
      const numbers = Array.from({ length: 24 }, (_, i) => i);
      const made = await inGroups(numbers, (n) => {
        const room = rooms[n % rooms.length];
        assert.ok(room);
        const more = n % 4 ? { mentions: [bob, eve] } : {};
        return mention(room, ada, more, n % 2 ? store : other);
      });
      const position = await other.mentionPosition();
      const log = await other.readMentionLog(before + 1, position);
      const ours = log.filter(({ message }) => message.userId === ada);
      const expected = made.flatMap(({ message, mentionNumber: number }) =>
        number === undefined ? [] : [{ number, message }],
      );
      assert.equal(expected.length, 18);
      const byNumber = expected.sort((a, b) => a.number - b.number);
      assert.deepEqual(ours, byNumber);
      assert.equal(new Set(expected.map(({ number }) => number)).size, expected.length);
      for (const { id } of rooms) {
        const seqs = ours.filter((it) => it.message.roomId === id).map((it) => it.message.seq);
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        );
      }
      assert.deepEqual(await store.readMentionLog(position + 1, position + 9), []);
    });

    test("says who of some has been a member since", async () => {
      const { store } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob], RoomType.PRIVATE);
      const { members } = await store.listMembers(room.id, { offset: 1, limit: 1 });
      const joinedAt = members[0]?.joinedAt;
      assert.ok(joinedAt);
      const before = new Date(joinedAt.getTime() - 1);
      assert.deepEqual(await store.membersSince(joinedAt, room.id, [eve, bob]), [bob]);
      assert.deepEqual(await store.membersSince(before, room.id, [eve, bob]), []);
      assert.deepEqual(await store.membersSince(joinedAt, room.id, []), []);
      assert.deepEqual(await store.membersSince(joinedAt, "nowhere", [ada]), []);
    });
  });
}
