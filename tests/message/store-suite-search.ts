import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { phrasesOf } from "#message/search/words.ts";
import type { Act, MessageStore, SearchQuery } from "#message/store/store.ts";
import { draft, makeRoom, newUser } from "./store-suite-drafts.ts";

const everywhere = {
  roomId: undefined,
  senderId: undefined,
  after: undefined,
  before: undefined,
  beyond: undefined,
  limit: 50,
};

/** What the interface promises of search. */
export function testSearch(stores: () => { store: MessageStore; other: MessageStore }): void {
  const send = async (room: Room, userId: string, ...contents: string[]): Promise<Message[]> => {
    const sent = contents.map((content) => stores().store.append(draft(room, userId, { content })));
    return (await Promise.all(sent)).map(({ message }) => message);
  };
  /** The answer is the same before and after everything is in the index of words. */
  const find = async (userId: string, q: string, more: Partial<SearchQuery> = {}) => {
    const { store, other } = stores();
    const query = { ...everywhere, userId, phrases: phrasesOf(q), ...more };
    const found = await other.search(query);
    while (await store.makeSearchable("everywhere"));
    assert.deepEqual(await other.search(query), found);
    return found;
  };
  /** In an order of their own: what is sent in one moment has one time. */
  const contentsOf = async (found: Promise<Message[]>) =>
    (await found).map((it) => it.content).sort();

  describe("search", () => {
    test("finds messages that have all words, whole, in any case, by phrase and beginning", async () => {
      const ada = newUser();
      const room = await makeRoom(stores().store, [ada], RoomType.PRIVATE);
      const all = [
        "Grüße aus dem Café, it's late",
        "dem Cafe aus grusse",
        "我们今天去北京大学",
        "วันนี้อากาศดีมาก",
        "100% sure: a\\b 'c' | !d & (e) <-> f:*",
        "…!?",
      ];
      await send(room, ada, ...all);
      const cases: [q: string, places: number[]][] = [
        ["CAFÉ", [1, 0]],
        ["cafe ", [1, 0]],
        ["caf", [1, 0]],
        ["caf ", []],
        ['"caf"', []],
        ["afe", []],
        ["dem grüss", [1]],
        ['"aus dem"', [0]],
        ['"dem aus"', []],
        ['"dem Café" aus', [1, 0]],
        ['late "aus DEM', [0]],
        ["It's ", [0]],
        ["it ", []],
        ["北京", [2]],
        ["อากาศ", [3]],
        ["อากาศ北京", []],
        ["sure a b ", [4]],
        ["'c' | zzz", []],
        ["f:* & !d | (e)", [4]],
        ["' or 1=1 --", []],
        ["$ne", []],
        ["' \\", []],
      ];
      for (const [q, places] of cases) {
        if (phrasesOf(q).length === 0) assert.deepEqual(places, [], q);
        else assert.deepEqual(await contentsOf(find(ada, q)), places.map((i) => all[i]).sort(), q);
      }
    });

    test("finds what members may read alone, the newest first, page by page", async () => {
      const { store } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const [one, two] = [await makeRoom(store, [ada, bob]), await makeRoom(store, [ada])];
      const hidden = await makeRoom(store, [bob], RoomType.PRIVATE);
      const sent: Message[] = [];
      for (let n = 0; n < 3; n++) {
        sent.push(...(await send(one, ada, `word ${n}`, `word ${n}`)));
        sent.push(...(await send(two, ada, `word ${n}`)), ...(await send(one, bob, `word ${n}`)));
      }
      await send(hidden, bob, "word");
      const inOrder = newestFirst(sent);
      const idsOf = async (found: Promise<Message[]>) => (await found).map(({ id }) => id);
      const expected = (is: (message: Message) => boolean) =>
        inOrder.filter(is).map(({ id }) => id);
      assert.deepEqual(await find(ada, "word"), inOrder);
      assert.deepEqual(
        await idsOf(find(bob, "wo", { roomId: one.id })),
        expected((it) => it.roomId === one.id),
      );
      assert.deepEqual(await find(bob, "word", { roomId: two.id }), []);
      assert.deepEqual(await find(newUser(), "word"), []);
      assert.deepEqual(
        await idsOf(find(ada, "word", { senderId: bob })),
        expected((it) => it.userId === bob),
      );
      const [after, before] = [timeOf(sent[1] ?? assert.fail()), timeOf(sent[9] ?? assert.fail())];
      assert.deepEqual(
        await idsOf(find(ada, "word", { after, before })),
        expected((it) => timeOf(it) > after && timeOf(it) < before),
      );
      const pages: Message[] = [];
      for (;;) {
        const last = pages.at(-1);
        const beyond = last && { createdAt: timeOf(last), id: last.id };
        const page = await find(ada, "word", { beyond, limit: 5 });
        if (page.length === 0) break;
        pages.push(...page);
      }
      assert.deepEqual(pages, inOrder);
    });

    test("finds the newest first, too, where a room has many that don't match", async () => {
      const ada = newUser();
      const [quiet, busy] = [
        await makeRoom(stores().store, [ada]),
        await makeRoom(stores().store, [ada]),
      ];
      const words = (word: string, count: number) => Array.from({ length: count }, () => word);
      const sent = await send(quiet, ada, ...words("kestrel", 5));
      sent.push(...(await send(busy, ada, ...words("kestrel", 5))));
      await send(busy, ada, ...words("sparrow", 600));
      while (await stores().store.makeSearchable("everywhere"));
      assert.deepEqual(await find(ada, "kestrel", { limit: 5 }), newestFirst(sent).slice(0, 5));
    });

    test("finds edits by their new words alone, deleted messages and left rooms never", async () => {
      const { store } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob]);
      await send(room, ada, "early bird", "late bird", "?");
      const change = (seq: number, act: Act) =>
        store.changeMessage({ roomId: room.id, seq, userId: ada, act });
      await change(1, { kind: "edit", content: "early worm", metadata: undefined });
      await change(2, { kind: "react", emoji: "👍", isOn: true });
      await change(3, { kind: "edit", content: "third bird", metadata: undefined });
      assert.deepEqual(await contentsOf(find(bob, "early bird ")), []);
      assert.deepEqual(await contentsOf(find(bob, "worm")), ["early worm"]);
      assert.deepEqual(await contentsOf(find(bob, "bird")), ["late bird", "third bird"]);
      await change(2, { kind: "delete" });
      assert.deepEqual(await contentsOf(find(bob, "bird")), ["third bird"]);
      await store.removeMember(room.id, bob);
      assert.deepEqual(await find(bob, "bird"), []);
    });
  });
}

function newestFirst(messages: readonly Message[]): Message[] {
  return messages.toSorted(
    (a, b) => Number(timeOf(b)) - Number(timeOf(a)) || (a.id < b.id ? 1 : -1),
  );
}

function timeOf({ createdAt }: Message): Date {
  return createdAt ? timestampDate(createdAt) : new Date(0);
}
