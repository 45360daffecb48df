import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Room } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore, ThreadSpan } from "#message/store/store.ts";
import { codeOf, draft, inGroups, makeRoom, newUser } from "./store-suite-drafts.ts";

/** What the interface promises of replies. */
export function testThreads(stores: () => { store: MessageStore; other: MessageStore }): void {
  const reply = async (room: Room, user: string, replyTo: number, store = stores().store) =>
    (await store.append(draft(room, user, { replyTo }))).message;
  const rootOf = async (room: Room) => (await stores().other.listMessages(room.id, 1, 1))[0];
  const page = async (room: Room, seq: number, span: Partial<ThreadSpan> = {}) => {
    const all = { before: undefined, after: undefined, limit: 50, ...span };
    const found = await stores().other.listReplies(room.id, seq, all);
    if (!found) return undefined;
    const { messages, ...rest } = found;
    return { seqs: messages.map((it) => it.seq), ...rest };
  };

  describe("threads", () => {
    test("a reply to a reply hangs on the same message, which counts without a change", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await store.append(draft(room, ada));
      const first = await reply(room, ada, 1);
      const second = await reply(room, ada, 2, other);
      assert.deepEqual([first.replyTo, first.threadSeq], [1, 1]);
      assert.deepEqual([second.replyTo, second.threadSeq], [2, 1]);
      const root = await rootOf(room);
      assert.deepEqual([root?.replyCount, root?.revision], [2, 0]);
      assert.deepEqual(root?.lastReplyAt, second.createdAt);
      assert.equal((await store.positions([room.id])).get(room.id)?.lastRevision, 0);
      assert.deepEqual(await store.listMessages(room.id, 2, 3), [first, second]);
    });

    test("replies of one moment are all counted, by two stores", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await store.append(draft(room, ada));
      const numbers = Array.from({ length: 24 }, (_, i) => i);
      await inGroups(numbers, (n) => reply(room, ada, 1, n % 2 ? store : other));
      assert.equal((await rootOf(room))?.replyCount, 24);
      const found = await page(room, 1, { limit: 100 });
      assert.deepEqual(
        found?.seqs,
        numbers.map((n) => n + 2),
      );
    });

    test("what isn't there, is deleted, or is of the future can't be replied to", async () => {
      const { store } = stores();
      const [ada, eve] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada]);
      await store.append(draft(room, ada));
      await reply(room, ada, 1);
      const attempt = (replyTo: number, user = ada) => codeOf(reply(room, user, replyTo));
      assert.equal(await attempt(3), "MESSAGE_NOT_FOUND");
      assert.equal(await attempt(4_294_967_295), "MESSAGE_NOT_FOUND");
      assert.equal(await attempt(3, eve), "NOT_IN_ROOM");
      const remove = { roomId: room.id, userId: ada, act: { kind: "delete" } } as const;
      await store.changeMessage({ ...remove, seq: 1 });
      assert.equal(await attempt(1), "MESSAGE_NOT_FOUND");
      // The thread goes on: what hangs on the deleted message can be replied to.
      assert.equal((await reply(room, ada, 2)).threadSeq, 1);
      await store.changeMessage({ ...remove, seq: 2 });
      const root = await rootOf(room);
      assert.equal(root?.replyCount, 2, "deleted replies count too");
      assert.deepEqual((await page(room, 1))?.seqs, [2, 3]);
      const [left] = await store.listMessages(room.id, 2, 2);
      assert.deepEqual([left?.content, left?.replyTo, left?.threadSeq], ["", 1, 1]);
    });

    test("a repeat is the first reply, and is counted once", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await store.append(draft(room, ada));
      const one = draft(room, ada, { replyTo: 1, clientMessageId: "once" });
      const [a, b] = await Promise.all([store.append(one), store.append(one)]);
      const c = await other.append({ ...one, replyTo: 99 });
      assert.deepEqual([b.message, c.message, c.isDuplicate], [a.message, a.message, true]);
      assert.equal((await rootOf(room))?.replyCount, 1);
    });

    test("pages of a thread leave out the rest of the room", async () => {
      const { store } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await store.append(draft(room, ada));
      for (let n = 0; n < 4; n++) {
        await reply(room, ada, 1);
        await store.append(draft(room, ada));
      }
      const total = 4;
      const replies = (seqs: number[], hasOlder: boolean, hasNewer: boolean) => {
        return { seqs, total, hasOlder, hasNewer };
      };
      assert.deepEqual(await page(room, 1), replies([2, 4, 6, 8], false, false));
      assert.deepEqual(await page(room, 1, { limit: 2 }), replies([6, 8], true, false));
      assert.deepEqual(await page(room, 1, { before: 6, limit: 1 }), replies([4], true, true));
      assert.deepEqual(await page(room, 1, { before: 4 }), replies([2], false, true));
      assert.deepEqual(await page(room, 1, { after: 2, limit: 2 }), replies([4, 6], true, true));
      assert.deepEqual(await page(room, 1, { after: 4_294_967_295 }), replies([], true, false));
      const none = { seqs: [], total: 0, hasOlder: false, hasNewer: false };
      assert.deepEqual(await page(room, 2), none, "of a reply");
      assert.deepEqual(await page(room, 3), none, "of a message without replies");
      assert.equal(await page(room, 99), undefined);
      assert.equal(await page(room, 4_294_967_295), undefined);
    });
  });
}
