import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { numbersOf, type PageSpan } from "#message/store/pages.ts";
import type { MessageStore } from "#message/store/store.ts";
import { type Link, startTcpProxy, type Tap } from "#tools/rig/tcp-proxy.ts";
import { range } from "./harness/services.ts";
import { codeOf, draft, makeRoom, newUser } from "./store-suite-drafts.ts";

const largest = 2 ** 32 - 1;

interface Stores {
  store: MessageStore;
  other: MessageStore;
  /** Where their database is. */
  url: string;
  /** Opens one more by another way to it. */
  open: (url: string) => Promise<MessageStore>;
}

/** What the interface promises of reads, which are gathered. */
export function testReads(stores: () => Stores): void {
  const roomOf = async (user: string, count: number, roomType?: RoomType): Promise<Room> => {
    const { store } = stores();
    const room = await makeRoom(store, [user], roomType);
    await Promise.all(
      range(1, count).map((n) => store.append(draft(room, user, { content: `${n}` }))),
    );
    return room;
  };

  describe("reads", () => {
    test("answers every page of one moment by its own numbers", async () => {
      const { store, other } = stores();
      const user = newUser();
      const [long, empty] = [await roomOf(user, 23), await roomOf(user, 0)];
      const spans: PageSpan[] = [
        { limit: 10 },
        { skip: 10, limit: 10 },
        { skip: 20, limit: 10 },
        { skip: 30, limit: 10 },
        { skip: largest * 100, limit: 100 },
        { upTo: 0, limit: 10 },
        { upTo: 5, limit: 10 },
        { upTo: 15, limit: 10 },
        { upTo: largest, limit: 10 },
        { from: 1, upTo: 10, limit: 10 },
        { from: 21, upTo: 30, limit: 10 },
        { from: largest + 1, upTo: largest + 100, limit: 100 },
      ];
      for (const { id, lastSeq } of [
        { id: long.id, lastSeq: 23 },
        { id: empty.id, lastSeq: 0 },
      ]) {
        const pages = await Promise.all(spans.map((span) => other.readPage(id, user, span)));
        for (const [i, page] of pages.entries()) {
          const { from, to } = numbersOf(spans[i] ?? { limit: 0 }, lastSeq);
          const seqs = page.messages.map(({ seq }) => seq);
          assert.deepEqual([seqs, page.lastSeq], [range(from, to), lastSeq], `page ${i}`);
        }
      }
      const [page, whole] = await Promise.all([
        store.readPage(long.id, newUser(), { skip: 3, limit: 10 }),
        store.listMessages(long.id, 11, 20),
      ]);
      assert.deepEqual(page.messages, whole);
    });

    test("shows a private room to its members alone, who asks beside them sees nothing", async () => {
      const { store } = stores();
      const [ada, bob, eve] = [newUser(), newUser(), newUser()];
      const rooms = [
        await roomOf(ada, 1, RoomType.PRIVATE),
        await roomOf(bob, 1, RoomType.PRIVATE),
      ];
      const asked = rooms.flatMap((room) => [ada, bob, eve].map((user) => [room, user] as const));
      const pages = await Promise.all(
        asked.map(([{ id }, user]) => codeOf(store.readPage(id, user, { limit: 5 }))),
      );
      const none = "ROOM_NOT_FOUND";
      assert.deepEqual(pages, ["OK", none, none, none, "OK", none]);
      const views = await Promise.all(asked.map(([{ id }, user]) => store.findRoom(id, user)));
      assert.deepEqual(
        views.map((view) => view?.isMember),
        [true, false, false, false, true, false],
      );
    });

    test("answers nobody by a read that began before they asked", async () => {
      const { other, url, open } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await roomOf(ada, 0, RoomType.PRIVATE);
      const answers = createAnswerHolder();
      await using proxy = await startTcpProxy(url, answers.tap);
      await using store = await open(proxy.url);
      const changes = () => store.listMembershipChanges(bob, 1, largest);
      const slice = { offset: 0, limit: 9 };
      const ways: (() => Promise<boolean | undefined>)[] = [
        async () => (await store.findRoom(room.id, bob))?.isMember,
        async () => (await codeOf(store.readPage(room.id, bob, { limit: 5 }))) === "OK",
        async () => (await store.listRoomsOf(bob)).length > 0,
        async () => (await store.listMembers(room.id, slice)).members.length > 1,
        async () => (await changes()).at(-1)?.isMember,
      ];
      for (const [i, isIn] of ways.entries()) {
        await other.addMember(room.id, bob);
        assert.equal(await isIn(), true);
        const held = answers.hold();
        const early = isIn();
        await held;
        await other.removeMember(room.id, bob);
        const late = isIn();
        answers.release();
        assert.equal(await late, false, `way ${i}`);
        await early;
      }
    });

    test("fails nobody's question for another's", async () => {
      const { store } = stores();
      const user = newUser();
      const room = await roomOf(user, 1);
      const unreadable = "not to be asked for in every database: \0";
      const ask = (userId: string) => [
        store.findRoom(room.id, userId),
        store.readPage(room.id, userId, { limit: 5 }),
        store.listRoomsOf(userId),
        store.listMembershipChanges(userId, 1, 9),
      ];
      const [outcomes] = await Promise.all([
        Promise.all([user, newUser()].flatMap(ask).map(codeOf)),
        Promise.all(ask(unreadable).map(codeOf)),
      ]);
      assert.deepEqual(
        outcomes,
        outcomes.map(() => "OK"),
      );
    });
  });
}

/** Holds back what a server answers. */
function createAnswerHolder() {
  let held: (() => void)[] | undefined;
  let onHeld: () => void = () => undefined;
  return {
    /** Resolves when there is an answer that is held. */
    hold() {
      held = [];
      return new Promise<void>((resolve) => {
        onHeld = resolve;
      });
    },
    release() {
      for (const pass of held ?? []) pass();
      held = undefined;
    },
    tap: ({ toNear }: Link): Tap => ({
      fromFar(chunk) {
        held?.push(() => toNear(chunk));
        onHeld();
        return held === undefined;
      },
    }),
  };
}
