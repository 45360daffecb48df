import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { MessageType } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageStore } from "#message/store/store.ts";
import { range } from "./harness/services.ts";
import { testBlocks } from "./store-suite-blocks.ts";
import { testChanges } from "./store-suite-changes.ts";
import { testDirectRooms } from "./store-suite-direct.ts";
import { codeOf, draft, makeRoom, newUser } from "./store-suite-drafts.ts";
import { testMembershipLog } from "./store-suite-log.ts";
import { testMemberships } from "./store-suite-members.ts";
import { testMentions } from "./store-suite-mentions.ts";
import { testPresence } from "./store-suite-presence.ts";
import { testReadState } from "./store-suite-read-state.ts";
import { testReads } from "./store-suite-reads.ts";
import { testSearch } from "./store-suite-search.ts";
import { testThreads } from "./store-suite-threads.ts";

/** Where the stores of a suite live. */
export interface StoreBed extends AsyncDisposable {
  /** Where the database is. */
  url: string;
  /** Opens a store; all of a bed are on the same database. */
  open: (url?: string) => Promise<MessageStore>;
}

/** What the interface promises, held against any store. */
export function testStore(name: string, makeBed: () => Promise<StoreBed>): void {
  describe(`${name} store`, () => {
    let bed: StoreBed;
    let store: MessageStore;
    let other: MessageStore;
    before(async () => {
      bed = await makeBed();
      // Two at once on an empty database.
      [store, other] = await Promise.all([bed.open(), bed.open()]);
    });
    after(async () => {
      await store[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await bed[Symbol.asyncDispose]();
    });

    const newRoom = (users: string[], roomType?: RoomType) => makeRoom(store, users, roomType);
    const seqsOf = async (room: Room) =>
      (await store.listMessages(room.id, 1, 100_000)).map((it) => it.seq);

    test("begins with one public room, general", async () => {
      const { rooms, total } = await other.listPublicRooms("1", { offset: 0, limit: 10 });
      const general = rooms.filter((it) => it.createdBy === "system");
      assert.equal(general.length, 1);
      assert.equal(total, rooms.length);
      assert.equal(general[0]?.name, "general");
      assert.equal(general[0]?.roomType, RoomType.PUBLIC);
      assert.equal(general[0]?.memberCount, 0);
    });

    test("gives a message back as it came", async () => {
      const user = newUser();
      const room = await newRoom([user]);
      const metadata = { z: 1, a: { list: [1.5, -0.25, 1e21, null, true, "é\\\"'{}"] }, "1": "x" };
      const content = ' "quoted", {braces}, \\back, NULL, \n\t👋 ';
      const appended = await store.append(
        draft(room, user, {
          content,
          metadata,
          clientMessageId: "a_b-1",
          messageType: MessageType.IMAGE,
        }),
      );
      assert.equal(appended.isDuplicate, false);
      const [read] = await other.listMessages(room.id, 1, 1);
      assert.deepEqual(read, appended.message);
      assert.equal(read?.content, content);
      assert.equal(JSON.stringify(read?.metadata), JSON.stringify(metadata));
      assert.equal(read?.clientMessageId, "a_b-1");
      assert.match(read?.id ?? "", /^[0-9a-f]{24}$/);
      assert.equal((read?.createdAt?.nanos ?? 1) % 1_000_000, 0, "milliseconds");
      const plain = await store.append(draft(room, user));
      assert.equal(plain.message.metadata, undefined);
      assert.equal(plain.message.clientMessageId, undefined);
    });

    test("numbers without gaps under parallel writers of two stores", async () => {
      const users = Array.from({ length: 8 }, newUser);
      const rooms = [await newRoom(users), await newRoom(users), await newRoom(users)];
      const perWriter = 40;
      await Promise.all(
        users.map(async (user, i) => {
          for (let n = 0; n < perWriter; n++) {
            const room = rooms[n % rooms.length];
            assert.ok(room);
            await (i % 2 ? store : other).append(draft(room, user, { content: `${i}/${n}` }));
          }
        }),
      );
      let sum = 0;
      for (const room of rooms) {
        const seqs = await seqsOf(room);
        assert.deepEqual(seqs, range(1, seqs.length));
        assert.equal((await store.positions([room.id])).get(room.id)?.lastSeq, seqs.length);
        sum += seqs.length;
      }
      assert.equal(sum, users.length * perWriter);
    });

    test("numbers the calls of one process in the order in which they were begun", async () => {
      const user = newUser();
      const room = await newRoom([user]);
      const all = await Promise.all(
        range(1, 600).map((n) => store.append(draft(room, user, { content: `${n}` }))),
      );
      assert.deepEqual(
        all.map(({ message }) => `${message.seq}`),
        all.map(({ message }) => message.content),
      );
    });

    test("stores a clientMessageId once, also for two stores at once", async () => {
      const user = newUser();
      const room = await newRoom([user]);
      const ids = range(1, 30).map((n) => `once-${n}`);
      const all = await Promise.all(
        ids.flatMap((clientMessageId, n) =>
          [store, other, store].map((it, i) =>
            it.append(draft(room, user, { clientMessageId, content: `${n} by ${i}` })),
          ),
        ),
      );
      for (const id of ids) {
        const same = all.filter(({ message }) => message.clientMessageId === id);
        assert.equal(same.length, 3);
        assert.equal(same.filter((it) => !it.isDuplicate).length, 1, id);
        assert.equal(new Set(same.map(({ message }) => message.id)).size, 1);
        assert.equal(new Set(same.map(({ message }) => message.content)).size, 1);
      }
      assert.deepEqual(await seqsOf(room), range(1, ids.length));
      const again = await store.append(draft(room, user, { clientMessageId: "once-1" }));
      assert.equal(again.isDuplicate, true);
    });

    test("keeps ids of users and rooms apart", async () => {
      const [ada, bob] = [newUser(), newUser()];
      const [one, two] = [await newRoom([ada, bob]), await newRoom([ada])];
      for (const message of [draft(one, ada), draft(one, bob), draft(two, ada)]) {
        const { isDuplicate } = await store.append({ ...message, clientMessageId: "same" });
        assert.equal(isDuplicate, false);
      }
    });

    test("refuses who isn't a member, and never fails the neighbours", async () => {
      const [ada, eve] = [newUser(), newUser()];
      const open = await newRoom([ada]);
      const closed = await newRoom([ada], RoomType.PRIVATE);
      const nowhere = { ...open, id: "0123456789abcdef01234567" };
      const outcomes = await Promise.all(
        [
          store.append(draft(open, ada)),
          store.append(draft(open, eve)),
          store.append(draft(closed, eve)),
          store.append(draft(nowhere, ada)),
          store.append({ ...draft(open, ada), roomId: "nonsense" }),
          store.append(draft(open, ada, { content: "not storable in every database: \0" })),
          store.append(draft(open, ada)),
        ].map(codeOf),
      );
      assert.deepEqual(
        [...outcomes.slice(0, 5), outcomes[6]],
        ["OK", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "ROOM_NOT_FOUND", "ROOM_NOT_FOUND", "OK"],
      );
      const seqs = await seqsOf(open);
      assert.deepEqual(seqs, range(1, outcomes[5] === "OK" ? 3 : 2));
    });

    testReads(() => ({ store, other, ...bed }));
    testReadState(() => ({ store, other, ...bed }));
    testBlocks(() => ({ store, other }));
    testThreads(() => ({ store, other, ...bed }));
    testMentions(() => ({ store, other }));
    testDirectRooms(() => ({ store, other }));
    testSearch(() => ({ store, other }));
    testChanges(() => ({ store, other, reopen: () => bed.open() }));
    testPresence(() => ({ store, other }));
    testMemberships(() => ({ store, other }));
    testMembershipLog(() => ({ store, other, reopen: () => bed.open() }));

    test("takes what is no id for an id that isn't there", async () => {
      for (const id of ["", "nonsense", "0123456789abcdef01234567", "$ne", "'; drop table rooms"]) {
        assert.equal(await store.findRoom(id, "1"), undefined);
        assert.deepEqual(await store.listMessages(id, 1, 10), []);
        assert.equal(await codeOf(store.readPage(id, "1", { limit: 10 })), "ROOM_NOT_FOUND");
        assert.equal(await codeOf(store.addMember(id, "1")), "ROOM_NOT_FOUND");
        assert.equal(await store.removeMember(id, "1"), undefined);
        assert.equal((await store.positions([id])).size, 0);
      }
    });

    test("answers that it is there", async () => {
      assert.equal(await store.ping(), true);
    });
  });
}
