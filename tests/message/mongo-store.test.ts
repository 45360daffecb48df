import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connections, mongo } from "mongoose";
import { createLogger } from "#common/log.ts";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { phrasesOf } from "#message/search/words.ts";
import { openMongoStore } from "#message/store/mongo/store.ts";
import type { Act, MessageStore } from "#message/store/store.ts";
import { createTestMongo, type TestMongo, withoutMongo } from "#tools/rig/mongo.ts";
import { type Link, startTcpProxy, type Tap } from "#tools/rig/tcp-proxy.ts";
import { range } from "./harness/services.ts";
import { testStore } from "./store-suite.ts";
import { testFullBlocks } from "./store-suite-blocks.ts";
import { codeOf, draft, makeRoom } from "./store-suite-drafts.ts";

const log = createLogger("message", "silent");
/** What a URI can say against what the promises need. */
const otherwise = {
  w: "0",
  journal: "false",
  wtimeoutMS: "1",
  readPreference: "secondary",
  readPreferenceTags: "dc:east",
  maxStalenessSeconds: "90",
  readConcernLevel: "available",
  timeoutMS: "1",
  retryWrites: "false",
  retryReads: "false",
  promoteValues: "false",
  promoteLongs: "false",
  raw: "true",
};
const newRoom = { name: "r", description: undefined, roomType: RoomType.PUBLIC };

if (withoutMongo) test("MongoDB store: the suite of all stores", { skip: withoutMongo });
else {
  testStore("MongoDB", async () => {
    const database = await createTestMongo();
    return {
      url: database.uri,
      open: (url = database.uri) => openMongoStore(url, log),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  });
}

describe("MongoDB", () => {
  let database: TestMongo;
  let store: MessageStore;
  before(async () => {
    if (withoutMongo) return;
    database = await createTestMongo();
    store = await openMongoStore(database.uri, log);
  });
  after(async () => {
    await store?.[Symbol.asyncDispose]();
    await database?.[Symbol.asyncDispose]();
  });
  const it = (name: string, run: () => Promise<void>) => test(name, { skip: withoutMongo }, run);

  it("has the indexes that the guarantees rest on once the store is open", async () => {
    const indexes = await database.db.collection("messages").indexes();
    const unique = indexes.filter((index) => index.unique).map((index) => Object.keys(index.key));
    assert.deepEqual(unique.sort(), [
      ["mentionNumber"],
      ["roomId", "seq"],
      ["roomId", "taken"],
      ["roomId", "userId", "clientMessageId"],
    ]);
    const members = await database.db.collection("memberships").indexes();
    assert.equal(members.filter((index) => index.unique).length, 4);
  });

  it("finds messages of a version without search, once they are made searchable", async () => {
    const room = await makeRoom(store, ["7"]);
    for (const content of ["an old one", "another"])
      await store.append(draft(room, "7", { content }));
    await database.db.collection("messages").updateMany({}, { $unset: { words: 1 } });
    const everything = {
      roomId: room.id,
      senderId: undefined,
      after: undefined,
      before: undefined,
    };
    const find = () =>
      store.search({
        ...everything,
        ...{ beyond: undefined, limit: 10, userId: "7", phrases: phrasesOf("old") },
      });
    assert.deepEqual(await find(), []);
    assert.equal(await store.makeSearchable("everywhere"), true);
    assert.deepEqual([await store.makeSearchable("everywhere"), (await find()).length], [false, 1]);
  });

  it("writes and reads as the promises need it, whatever the URI or the server's default says", async () => {
    const uri = new URL(database.uri);
    uri.searchParams.set("monitorCommands", "true");
    for (const [name, value] of Object.entries(otherwise)) uri.searchParams.set(name, value);
    await using watched = await openMongoStore(uri.href, log);
    const client = connections.at(-1)?.getClient();
    assert.ok(client);
    const writes: mongo.CommandStartedEvent[] = [];
    const reads: mongo.CommandStartedEvent[] = [];
    client.on("commandStarted", (event) => {
      const { mode } = event.command.$readPreference ?? { mode: "primary" };
      assert.ok(["primary", "primaryPreferred"].includes(mode), mode);
      assert.equal(event.command.maxTimeMS, undefined);
      if (/^(insert|update|delete|findAndModify)$/.test(event.commandName)) writes.push(event);
      if (/^(find|aggregate)$/.test(event.commandName)) reads.push(event);
    });
    const room = await makeRoom(watched, ["1", "2"]);
    const sent = draft(room, "1", { clientMessageId: "a" });
    const { message } = await watched.append(sent);
    await watched.append(sent);
    await watched.removeMember(room.id, "2");
    assert.deepEqual(await watched.listMessages(room.id, 1, 1), [message]);
    assert.deepEqual(await store.listMessages(room.id, 1, 1), [message]);
    assert.equal((await watched.listMembers(room.id, { limit: 9, offset: 0 })).total, 1);
    assert.ok(writes.length >= 6);
    for (const { command } of writes) {
      assert.deepEqual(command.writeConcern, { w: "majority", j: true });
    }
    assert.ok(reads.length >= 3);
    for (const { command } of reads) {
      assert.ok(["local", "majority"].includes(command.readConcern?.level), command.readConcern);
    }
  });

  it("counts no mention beyond the last message that is answered with the count", async () => {
    const keeper = createAnswerKeeper("\x02aggregate\0\x06\0\0\0rooms\0");
    await using proxy = await startTcpProxy(database.uri, keeper.tap);
    await using victim = await openMongoStore(proxy.url, log);
    const room = await makeRoom(store, ["1", "81"]);
    await store.append(draft(room, "1"));
    keeper.keep();
    const asked = victim.findRoom(room.id, "81");
    await keeper.hasCome;
    await store.append(draft(room, "1", { mentions: ["81"] }));
    keeper.letGo();
    const { lastSeq, membership } = (await asked)?.room ?? {};
    assert.deepEqual([lastSeq, membership?.unreadCount, membership?.mentionCount], [1, 1, 0]);
    const now = (await victim.findRoom(room.id, "81"))?.room.membership;
    assert.deepEqual([now?.unreadCount, now?.mentionCount], [2, 1]);
  });

  it("looks at the last revision of a room before its last message, which may change meanwhile", async () => {
    const uri = new URL(database.uri);
    uri.searchParams.set("monitorCommands", "true");
    await using watched = await openMongoStore(uri.href, log);
    const room = await makeRoom(store, ["82"]);
    const looked: string[][] = [];
    connections
      .at(-1)
      ?.getClient()
      .on("commandStarted", ({ command }) => {
        const { aggregate, pipeline = [] }: { aggregate?: string; pipeline?: mongo.Document[] } =
          command;
        if (aggregate === "rooms") looked.push(pipeline.flatMap((it) => it.$lookup?.as ?? []));
      });
    await watched.listRoomsOf("82");
    await watched.listRoomStates([room.id]);
    assert.equal(looked.length, 2);
    for (const names of looked) assert.ok(names.indexOf("changed") < names.indexOf("last"));
  });

  it("lets nobody block more than a thousand", () =>
    testFullBlocks(store, (userId, count) =>
      database.db
        .collection("blocks")
        .insertMany(range(1, count).map((n) => ({ userId, blockedId: `u${n}`, asked: 1 }))),
    ));

  it("opens and hides a direct room once where the answers were lost on the way", async () => {
    const thief = createAnswerThief();
    await using proxy = await startTcpProxy(database.uri, thief.tap);
    await using victim = await openMongoStore(proxy.url, log);
    thief.steal("\x02insert\0");
    const { room, isNew, change } = await victim.openDirectRoom("71", "72");
    assert.deepEqual([isNew, change?.number, room.memberCount], [true, 1, 2]);
    thief.steal("\x02update\0");
    assert.equal((await victim.hideRoom(room.id, "71"))[0]?.number, 2);
    thief.steal("\x02insert\0");
    const { shown, isDuplicate } = await victim.append(draft(room, "72"));
    assert.deepEqual(
      [isDuplicate, shown.map(({ userId }) => userId).sort()],
      [false, ["71", "72"]],
    );
    thief.steal("\x02update\0");
    assert.equal((await victim.hideRoom(room.id, "72"))[0]?.number, 2);
    thief.steal("\x02update\0");
    assert.equal((await victim.openDirectRoom("72", "71")).change?.number, 3);
  });

  it("acknowledges a message once whose answer was lost on the way", async () => {
    const thief = createAnswerThief();
    await using proxy = await startTcpProxy(database.uri, thief.tap);
    await using victim = await openMongoStore(proxy.url, log);
    const room = await makeRoom(victim, ["1"]);
    for (const clientMessageId of [undefined, "a"]) {
      thief.steal("\x02insert\0");
      const { isDuplicate } = await victim.append(draft(room, "1", { clientMessageId }));
      assert.equal(isDuplicate, false);
    }
    thief.steal("\x02insert\0");
    assert.ok(await victim.addMember(room.id, "2"), "the change was one's own");
    thief.steal("\x02update\0");
    const removal = await victim.removeMember(room.id, "2");
    assert.deepEqual(removal && [removal.isMember, removal.roomId], [false, room.id]);
    thief.steal("\x02insert\0");
    const created = await victim.createRoom({ ...newRoom, createdBy: "2" });
    assert.equal(created.change.number, (removal?.number ?? 0) + 1);
    assert.equal(thief.taken(), 5);
    const stored = await store.listMessages(room.id, 1, 10);
    assert.deepEqual(
      stored.map(({ seq }) => seq),
      [1, 2],
    );
    assert.equal((await store.findRoom(room.id, "1"))?.room.memberCount, 1);
  });

  it("tells of a mark that a process has left behind when it died, once it is asked for again", async () => {
    let isDying = false;
    await using proxy = await startTcpProxy(database.uri, () => ({
      fromNear(chunk) {
        if (isDying && chunk.includes("readlogs")) proxy.refuse();
        return !isDying || !chunk.includes("readlogs");
      },
    }));
    await using victim = await openMongoStore(proxy.url, log);
    const room = await makeRoom(store, ["1", "80"]);
    for (const _ of "abc") await store.append(draft(room, "1"));
    const mark = { roomId: room.id, userId: "80", seq: 2, onlyRises: true };
    isDying = true;
    assert.equal(await codeOf(victim.markRead(mark)), "UNAVAILABLE");
    assert.equal((await store.findRoom(room.id, "80"))?.room.membership?.readSeq, 2);
    assert.equal((await store.readPositions(["80"])).get("80"), undefined);
    const made = await store.markRead(mark);
    assert.deepEqual(made, { userId: "80", number: 1, roomId: room.id, seq: 2 });
    assert.deepEqual(await store.listReadMarks("80", 1, 9), [made]);
    assert.equal(await store.markRead(mark), undefined, "it is noted once");
  });

  it("makes a change once whose answer was lost on the way, and keeps nothing of what is deleted", async () => {
    const thief = createAnswerThief();
    await using proxy = await startTcpProxy(database.uri, thief.tap);
    await using victim = await openMongoStore(proxy.url, log);
    const room = await makeRoom(victim, ["1"]);
    const secret = "secret-f4k2";
    await victim.append(draft(room, "1", { content: secret, metadata: { note: secret } }));
    const change = (act: Act) =>
      victim.changeMessage({ roomId: room.id, seq: 1, userId: "1", act });
    const edit: Act = { kind: "edit", content: `${secret}!`, metadata: undefined };
    for (const [i, act] of [
      { kind: "react", emoji: `:${secret}:`, isOn: true } as const,
      edit,
      { kind: "delete" } as const,
    ].entries()) {
      thief.steal("\x02update\0");
      assert.equal((await change(act)).message.revision, i + 1);
    }
    assert.equal(thief.taken(), 3);
    assert.equal((await store.positions([room.id])).get(room.id)?.lastRevision, 3);
    const documents = await database.db.collection("messages").find().toArray();
    assert.ok(!JSON.stringify(documents).includes(secret));
  });

  it("loses nothing that it acknowledged when connections end in mid-batch", async () => {
    await using proxy = await startTcpProxy(database.uri);
    await using victim = await openMongoStore(proxy.url, log);
    const room = await makeRoom(victim, ["1"]);
    let cuts = 0;
    const writers = range(1, 4).map(async (writer) => {
      const acknowledged: string[] = [];
      for (const n of range(1, 10)) {
        const clientMessageId = writer % 2 ? `${writer}-${n}` : undefined;
        const appended = await victim
          .append(draft(room, "1", { clientMessageId }))
          .catch(() => undefined);
        if (appended) acknowledged.push(`${appended.message.id} ${appended.message.seq}`);
        if (n % 5 === writer) {
          // In the middle of what the other writers do.
          cuts++;
          proxy.refuse();
          proxy.restore();
        }
        assert.ok(!appended?.isDuplicate, "an attempt of one's own is no duplicate");
      }
      return acknowledged;
    });
    const acknowledged = (await Promise.all(writers)).flat();
    const stored = await store.listMessages(room.id, 1, 1_000);
    const known = new Set(stored.map(({ id, seq }) => `${id} ${seq}`));
    for (const one of acknowledged) assert.ok(known.has(one), `${one} was acknowledged`);
    assert.equal(new Set(acknowledged).size, acknowledged.length);
    assert.equal(cuts, 8);
    assert.equal(acknowledged.length, 40, "cut connections are no reason to fail");
    assert.deepEqual(
      stored.map(({ seq }) => seq),
      range(1, stored.length),
    );
  });

  for (const fault of ["refuse", "freeze"] as const) {
    it(`is unavailable while MongoDB is lost (${fault}), and back by itself`, async () => {
      await using proxy = await startTcpProxy(database.uri);
      await using victim = await openMongoStore(proxy.url, log);
      const room = await makeRoom(victim, ["1"]);
      proxy[fault]();
      const calls = [
        victim.append(draft(room, "1")),
        victim.findRoom(room.id, "1"),
        victim.positions([room.id]),
        victim.addMember(room.id, "2"),
        victim.createRoom({ ...newRoom, createdBy: "1" }),
      ];
      const outcomes = await Promise.all(calls.map(codeOf));
      assert.deepEqual(
        outcomes,
        calls.map(() => "UNAVAILABLE"),
      );
      assert.equal(await victim.ping(), false);
      proxy.restore();
      while (!(await victim.ping()));
      assert.equal(await codeOf(victim.append(draft(room, "1"))), "OK");
    });
  }

  it("adds nobody in the name of one who was removed before", async () => {
    await using other = await openMongoStore(database.uri, log);
    const outcomes = new Set<string>();
    for (const n of range(1, 30)) {
      const room = await makeRoom(store, ["1", "2"]);
      const removing = other.removeMember(room.id, "2");
      // Not always in the same order.
      for (const _ of range(1, n % 10)) await store.ping();
      outcomes.add(await codeOf(store.addMember(room.id, "3", "2")));
      await removing;
      const members = database.db.collection("memberships");
      const roomId = mongo.ObjectId.createFromHexString(room.id);
      const [gone, added] = [
        await members.findOne({ roomId, userId: "2" }),
        await members.findOne({ roomId, userId: "3" }),
      ];
      if (added) assert.ok(added.version < gone?.version, "who adds was a member then");
    }
    assert.ok(outcomes.has("ROOM_NOT_FOUND"));
  });

  it("numbers memberships of the time before numbers, by several that start at once", async () => {
    await using old = await createTestMongo();
    const [ada, bob] = ["1", "2"];
    const roomIds: string[] = [];
    {
      await using before = await openMongoStore(old.uri, log);
      for (const _ of range(1, 5)) roomIds.push((await makeRoom(before, [ada, bob])).id);
    }
    await old.db
      .collection("memberships")
      .updateMany({}, { $unset: { number: 1, numbersTaken: 1 } });
    await old.db.collection("migrations").deleteMany({});
    const opened = await Promise.all(range(1, 3).map(() => openMongoStore(old.uri, log)));
    for (const user of [ada, bob]) {
      const changes = await opened[0]?.listMembershipChanges(user, 1, 1_000);
      assert.deepEqual(changes?.map((it) => it.roomId).toSorted(), roomIds.toSorted());
      const position = (await opened[1]?.membershipPositions([user]))?.get(user);
      assert.equal(position, changes?.at(-1)?.number);
      const change = await opened[2]?.removeMember(roomIds[0] ?? "", user);
      assert.equal(change?.number, (position ?? 0) + 1);
    }
    for (const one of opened) await one[Symbol.asyncDispose]();
  });

  it("takes no operators for values, whatever the types say", async () => {
    const room = await makeRoom(store, ["1"]);
    await store.append(draft(room, "1", { clientMessageId: "a" }));
    for (const operator of [{ $ne: null }, { $gt: "" }, { $regex: "." }]) {
      // What the types forbid, as it would come if an edge let it through.
      const evil = operator as never;
      for (const call of [
        () => store.findRoom(room.id, evil),
        () => store.listRoomsOf(evil),
        () => store.listMembershipChanges(evil, 1, 9),
        () => store.removeMember(room.id, evil),
        () => store.addMember(room.id, evil),
        () => store.append(draft(room, evil)),
        () => store.append(draft(room, "1", { clientMessageId: evil })),
        () =>
          store.changeMessage({ roomId: room.id, seq: 1, userId: evil, act: { kind: "delete" } }),
        () =>
          store.changeMessage({ roomId: room.id, seq: evil, userId: "1", act: { kind: "delete" } }),
      ]) {
        assert.equal(await codeOf(call()), "INTERNAL");
      }
      assert.equal(
        await codeOf(store.append({ ...draft(room, "1"), roomId: evil })),
        "ROOM_NOT_FOUND",
      );
      assert.equal((await store.membershipPositions([evil])).size, 0);
    }
    for (const text of ["$ne", "a.b", "$where", '{"$gt":""}']) {
      assert.equal((await store.findRoom(room.id, text))?.isMember, false);
      assert.deepEqual(await store.listRoomsOf(text), []);
    }
    assert.equal((await store.findRoom(room.id, "1"))?.isMember, true);
  });

  it("keeps metadata whose keys are operators, paths or numbers as they came", async () => {
    const room = await makeRoom(store, ["1"]);
    const metadata = { $set: { "a.b": 1, $where: "x" }, "": null, "2": 1, "1": [], "a\u0001": "y" };
    await store.append(draft(room, "1", { metadata }));
    const [read] = await store.listMessages(room.id, 1, 1);
    assert.equal(JSON.stringify(read?.metadata), JSON.stringify(metadata));
  });
});

/** Lets a request that contains this be carried out, and keeps its answer until it is let go. */
function createAnswerKeeper(request: string) {
  const came = Promise.withResolvers<void>();
  const kept: (() => void)[] = [];
  let isWanted = false;
  let isOver = false;
  return {
    /** The next one's is kept. */
    keep() {
      isWanted = true;
    },
    hasCome: came.promise,
    letGo() {
      isOver = true;
      for (const pass of kept) pass();
    },
    tap(link: Link): Tap {
      let isKept = false;
      return {
        fromNear(chunk) {
          if (isWanted && chunk.includes(request)) {
            isWanted = false;
            isKept = true;
          }
          return true;
        },
        fromFar(chunk) {
          if (!isKept || isOver) return true;
          kept.push(() => link.toNear(chunk));
          came.resolve();
          return false;
        },
      };
    },
  };
}

/** Lets a request be carried out, and ends its connection before the answer passes. */
function createAnswerThief() {
  let wanted: string | undefined;
  let taken = 0;
  return {
    /** The next request that contains this is not answered. */
    steal(request: string) {
      wanted = request;
    },
    taken: () => taken,
    tap(link: Link): Tap {
      let isWanted = false;
      return {
        fromNear(chunk) {
          if (wanted !== undefined && chunk.includes(wanted)) {
            isWanted = true;
            wanted = undefined;
          }
          return true;
        },
        fromFar() {
          if (!isWanted) return true;
          taken++;
          link.cut();
          return false;
        },
      };
    },
  };
}
