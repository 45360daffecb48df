import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { AppError } from "#contract/errors.ts";
import { ChangeType, type Message } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { type Room, RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { Act, Changed, MessageStore } from "#message/store/store.ts";
import { range } from "./harness/services.ts";
import {
  codeOf,
  draft,
  inGroups,
  makeRoom,
  newUser,
  retryWhileBusy,
} from "./store-suite-drafts.ts";

interface Stores {
  store: MessageStore;
  other: MessageStore;
  /** Opens one more on the same database. */
  reopen: () => Promise<MessageStore>;
}

const everything = 1_000_000;
const edit = (content: string): Act => ({ kind: "edit", content, metadata: undefined });
const remove: Act = { kind: "delete" };
const react = (emoji: string, isOn = true): Act => ({ kind: "react", emoji, isOn });
const pin = (isOn = true): Act => ({ kind: "pin", isOn });

/** What the interface promises of changes of messages. */
export function testChanges(stores: () => Stores): void {
  const change = (by: MessageStore, room: Room, seq: number, userId: string, act: Act) =>
    by.changeMessage({ roomId: room.id, seq, userId, act });
  const send = async (room: Room, userId: string, count = 1) => {
    const { store } = stores();
    await Promise.all(
      range(1, count).map((n) => store.append(draft(room, userId, { content: `${n}` }))),
    );
  };
  const messageOf = async (room: Room, seq: number) => {
    const [message] = await stores().other.listMessages(room.id, seq, seq);
    return message ?? assert.fail();
  };
  const revisionOf = async (room: Room) =>
    (await stores().store.positions([room.id])).get(room.id)?.lastRevision;

  describe("changes of messages", () => {
    test("are numbered by room, and answered as they are read", async () => {
      const { store, other } = stores();
      const [ada, bob] = [newUser(), newUser()];
      const room = await makeRoom(store, [ada, bob], RoomType.PRIVATE);
      await send(room, ada, 3);
      const made: Changed[] = [
        await change(store, room, 2, ada, edit("new")),
        await change(other, room, 1, bob, react("👍")),
        await change(store, room, 2, bob, pin()),
        await change(other, room, 3, ada, remove),
      ];
      assert.deepEqual(
        made.map(({ message, change: its }) => [
          message.seq,
          message.revision,
          its?.change,
          its?.userId,
        ]),
        [
          [2, 1, ChangeType.EDITED, ada],
          [1, 2, ChangeType.REACTED, bob],
          [2, 3, ChangeType.PINNED, bob],
          [3, 4, ChangeType.DELETED, ada],
        ],
      );
      const same = await change(other, room, 2, ada, edit("new"));
      assert.deepEqual([same.change, same.message], [undefined, made[2]?.message]);
      const last = made.slice(1).map((it) => it.change);
      assert.deepEqual(await other.listChanges(room.id, { from: 1, to: everything }), last);
      assert.deepEqual(await store.listChanges(room.id, { from: 3, to: 4, limit: 1 }), [last[1]]);
      assert.deepEqual(await store.listChanges(room.id, { from: 5, to: 9 }), []);
      const messages = await other.listMessages(room.id, 1, 3);
      assert.deepEqual(
        messages,
        made
          .slice(1)
          .map((it) => it.message)
          .toSorted((a, b) => a.seq - b.seq),
      );
      assert.deepEqual(await store.listPins(room.id), [made[2]?.message]);
      assert.equal(await revisionOf(room), 4);
      assert.equal((await other.findRoom(room.id, ada))?.room.lastRevision, 4);
      const page = await other.readPage(room.id, ada, { limit: 3 });
      assert.deepEqual([page.messages, page.lastRevision], [messages, 4]);
    });

    test("keep metadata, times and the client's id as they were", async () => {
      const { store } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      const metadata = { z: 1, a: [1.5, null, "é"] };
      const sent = draft(room, ada, { metadata, clientMessageId: "one" });
      const { message: before } = await store.append(sent);
      const { message: edited } = await change(store, room, 1, ada, edit("new"));
      assert.equal(JSON.stringify(edited.metadata), JSON.stringify(metadata));
      assert.deepEqual([edited.createdAt, edited.clientMessageId], [before.createdAt, "one"]);
      assert.deepEqual(edited.editedAt, edited.updatedAt);
      const { message: gone } = await change(store, room, 1, ada, remove);
      assert.deepEqual(await messageOf(room, 1), gone);
      assert.deepEqual(
        [gone.content, gone.metadata, gone.editedAt],
        ["", undefined, edited.editedAt],
      );
      const again = await store.append(sent);
      assert.deepEqual([again.isDuplicate, again.message], [true, gone], "the id stays taken");
    });

    test("of twenty who react at once lose nothing and count right", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 20 }, newUser);
      const room = await makeRoom(store, [newUser()]);
      await Promise.all(users.map((user) => store.addMember(room.id, user)));
      await send(room, users[0] ?? "", 2);
      const all = await Promise.all(
        users.flatMap((user, i) =>
          [1, 2].map((seq) => change((i + seq) % 2 ? store : other, room, seq, user, react("❤️"))),
        ),
      );
      // Of a batch that meets another store's a part may be numbered anew: that leaves gaps.
      assert.equal(new Set(all.map(({ message }) => message.revision)).size, 40);
      for (const seq of [1, 2]) {
        const [reaction, ...more] = (await messageOf(room, seq)).reactions;
        assert.deepEqual([reaction?.emoji, reaction?.count, more.length], ["❤️", 20, 0]);
        const inOrder = all
          .filter(({ message }) => message.seq === seq)
          .toSorted((a, b) => a.message.revision - b.message.revision)
          .map((it) => it.change?.userId);
        assert.deepEqual(reaction?.userIds, inOrder);
        const slice = { offset: 15, limit: 10 };
        assert.deepEqual(await other.listReactors(room.id, seq, "❤️", slice), {
          userIds: inOrder.slice(15),
          total: 20,
        });
      }
      await Promise.all(
        users.map((user, i) => change(i % 2 ? store : other, room, 1, user, react("❤️", false))),
      );
      assert.deepEqual((await messageOf(room, 1)).reactions, []);
      const nobody = await store.listReactors(room.id, 1, "❤️", { offset: 0, limit: 5 });
      assert.deepEqual(nobody, { userIds: [], total: 0 });
      assert.ok(((await revisionOf(room)) ?? 0) >= 60);
    });

    test("show the first twenty of many who react, also when one of them ceases", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 24 }, newUser);
      const room = await makeRoom(store, users);
      await send(room, users[0] ?? "");
      await Promise.all(users.map((user) => change(store, room, 1, user, react("👍"))));
      await change(other, room, 1, users[3] ?? "", react("👍", false));
      await change(other, room, 1, users[3] ?? "", react("👍"));
      const [reaction] = (await messageOf(room, 1)).reactions;
      const left = users.filter((_, i) => i !== 3);
      assert.deepEqual([reaction?.count, reaction?.userIds], [24, left.slice(0, 20)]);
      const last = await other.listReactors(room.id, 1, "👍", { offset: 22, limit: 9 });
      assert.deepEqual(last?.userIds, [left[22], users[3]]);
    });

    test("that race with a deletion are made before it, or not at all", async () => {
      const { store, other } = stores();
      const [owner, ada] = [newUser(), newUser()];
      const room = await makeRoom(store, [owner, ada]);
      const seqs = range(1, 6);
      await send(room, ada, seqs.length);
      await Promise.all(
        seqs.map(async (seq) => {
          const edits = range(1, 4).map((n) =>
            change(n % 2 ? store : other, room, seq, ada, edit(`v${n}`)),
          );
          const deleting = change(seq % 2 ? store : other, room, seq, owner, remove);
          const outcomes = await Promise.allSettled(edits);
          const { message } = await deleting;
          for (const outcome of outcomes) {
            if (outcome.status === "rejected")
              assert.equal(outcome.reason.code, "MESSAGE_NOT_FOUND");
            else assert.ok(outcome.value.message.revision < message.revision);
          }
          assert.deepEqual(await messageOf(room, seq), message);
        }),
      );
    });

    test("never pin more than fifty messages, nor two at one time", async () => {
      const { store, other } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await send(room, ada, 53);
      await inGroups(range(1, 49), (seq) => change(store, room, seq, ada, pin()));
      const outcomes = await Promise.all(
        range(50, 53).map((seq) => codeOf(change(seq % 2 ? store : other, room, seq, ada, pin()))),
      );
      assert.equal(outcomes.filter((code) => code === "OK").length, 1);
      assert.equal(outcomes.filter((code) => code === "LIMIT_REACHED").length, 3);
      const pins = await other.listPins(room.id);
      assert.equal(pins.length, 50);
      const times = pins.map(({ pinnedAt }) => (pinnedAt ? timestampDate(pinnedAt).getTime() : 0));
      assert.deepEqual(
        times,
        [...new Set(times)].toSorted((a, b) => b - a),
        "the newest first",
      );
    });

    test("are refused one by one, and never fail the neighbours", async () => {
      const { store } = stores();
      const [ada, eve] = [newUser(), newUser()];
      const open = await makeRoom(store, [ada]);
      const closed = await makeRoom(store, [ada], RoomType.PRIVATE);
      await send(open, ada);
      const nowhere = { ...open, id: "0123456789abcdef01234567" };
      const outcomes = await Promise.all(
        [
          change(store, open, 1, ada, react("👍")),
          change(store, open, 1, eve, react("👍")),
          change(store, closed, 1, eve, react("👍")),
          change(store, nowhere, 1, ada, react("👍")),
          change(store, { ...open, id: "nonsense" }, 1, ada, react("👍")),
          change(store, open, 2, ada, react("👍")),
          change(store, open, 4_294_967_295, ada, react("👍")),
          change(store, open, 1, ada, edit("not storable in every database: \0")),
          change(store, open, 1, ada, react("👎")),
        ].map(codeOf),
      );
      assert.deepEqual(
        [...outcomes.slice(0, 7), outcomes[8]],
        [
          ...["OK", "NOT_IN_ROOM", "ROOM_NOT_FOUND", "ROOM_NOT_FOUND", "ROOM_NOT_FOUND"],
          ...["MESSAGE_NOT_FOUND", "MESSAGE_NOT_FOUND", "OK"],
        ],
      );
      assert.equal((await messageOf(open, 1)).reactions.length, 2);
      assert.equal(await store.listReactors(open.id, 2, "👍", { offset: 0, limit: 1 }), undefined);
      await change(store, open, 1, ada, remove);
      assert.equal(await store.listReactors(open.id, 1, "👍", { offset: 0, limit: 1 }), undefined);
    });

    test("go on being numbered after a restart", async () => {
      const { store, reopen } = stores();
      const ada = newUser();
      const room = await makeRoom(store, [ada]);
      await send(room, ada, 2);
      await change(store, room, 1, ada, edit("a"));
      await using again = await reopen();
      assert.equal((await change(again, room, 2, ada, edit("b"))).message.revision, 2);
      assert.equal((await change(store, room, 1, ada, edit("c"))).message.revision, 3);
    });

    test("reach all who follow a room or come back to it, whatever two stores do meanwhile", async () => {
      const { store, other } = stores();
      const users = Array.from({ length: 4 }, newUser);
      const room = await makeRoom(store, users, RoomType.PRIVATE);
      await send(room, users[0] ?? "", 5);
      let isChanging = true;
      const changing = Promise.all(
        users.map(async (user, i) => {
          const by = i % 2 ? store : other;
          for (const n of range(1, 15)) {
            const seq = 1 + ((n * 7 + i * 3) % 5);
            if (n % 5 === 0) await retryWhileBusy(() => by.append(draft(room, user)));
            const acts = [react("👍", n % 4 > 1), edit(`${i}/${n}`), pin(n % 2 > 0), remove];
            const act = acts[n === 15 && i === 0 ? 3 : n % 3] ?? remove;
            // The one who isn't the sender may not edit, and what is deleted stays so.
            await retryWhileBusy(() => change(by, room, seq, user, act)).catch((error: unknown) => {
              const code = error instanceof AppError ? error.code : "";
              assert.ok(["FORBIDDEN", "MESSAGE_NOT_FOUND"].includes(code), String(error));
            });
          }
        }),
      ).finally(() => {
        isChanging = false;
      });
      const follower = createPicture();
      const client = createPicture();
      const look = async () => {
        await follower.follow(store, room.id);
        await client.resume(other, room.id);
      };
      while (isChanging) await look();
      await changing;
      await look();
      const stored = await store.listMessages(room.id, 1, everything);
      assert.ok(stored.length > 5 && stored.some(({ deletedAt }) => deletedAt));
      assert.deepEqual(follower.messages(), stored);
      assert.deepEqual(client.messages(), stored);
    });
  });
}

/** A room as somebody knows it who takes messages and changes in the order of their numbers. */
function createPicture() {
  const known = new Map<number, Message>();
  let seq = 0;
  let revision = 0;
  const take = (messages: readonly Message[]) => {
    for (const message of messages) {
      const before = known.get(message.seq)?.revision ?? 0;
      assert.ok(message.revision >= before, "no message goes back");
      known.set(message.seq, message);
    }
  };
  return {
    messages: () => [...known.values()].toSorted((a, b) => a.seq - b.seq),
    /** As an instance does. */
    async follow(store: MessageStore, roomId: string) {
      const { lastSeq = 0, lastRevision = 0 } = (await store.positions([roomId])).get(roomId) ?? {};
      const messages = await store.listMessages(roomId, seq + 1, lastSeq);
      assert.deepEqual(
        messages.map((it) => it.seq),
        range(seq + 1, lastSeq),
      );
      take(messages);
      seq = lastSeq;
      const changes = await store.listChanges(roomId, { from: revision + 1, to: lastRevision });
      // What went out as it is now isn't sent again.
      take(
        changes
          .map(({ message }) => message)
          .filter((it) => it.revision > (known.get(it.seq)?.revision ?? 0)),
      );
      revision = lastRevision;
    },
    /** As a client does that was away, three items at a time. */
    async resume(store: MessageStore, roomId: string) {
      const limit = 3;
      for (;;) {
        const since = { afterSeq: seq, afterRevision: revision };
        const missed = await store.readMissed(roomId, since, limit);
        const { messages, changes, lastSeq, lastRevision } = missed;
        for (const it of [...messages, ...changes]) assert.ok(it.revision <= lastRevision);
        for (const it of changes) assert.ok(it.seq <= seq && it.revision > revision);
        take(messages);
        take(changes.slice(0, limit));
        seq = messages.at(-1)?.seq ?? seq;
        const hasMore = changes.length > limit || seq < lastSeq;
        revision = hasMore ? (changes.slice(0, limit).at(-1)?.revision ?? revision) : lastRevision;
        if (!hasMore) return;
      }
    },
  };
}
