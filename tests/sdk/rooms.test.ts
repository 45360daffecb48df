import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import { ChatError, createClient, memoryStorage, memoryTokens } from "#sdk";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { insist, type Person, signUp, until } from "./people.ts";

describe("rooms", async () => {
  const platform = await shared(
    startPlatform({ gateway: { rateLimitPerMinute: 0 }, message: { socketMessagesPerSecond: 0 } }),
  );
  const url = platform.gatewayUrl;
  const ada = await shared(signUp(url, "Ada"));
  const bob = await shared(signUp(url, "Bob"));

  const roomOf = async (owner: Person, ...members: Person[]): Promise<string> => {
    const { id } = await owner.chat.rooms.create({ name: "Garden", roomType: "private" });
    for (const { user } of members)
      await owner.chat.call.addMember({ roomId: id, userId: user.id });
    return id;
  };
  const fill = async (person: Person, roomId: string, count: number) => {
    for (let i = 0; i < count; i += 50) {
      const some = Array.from({ length: Math.min(50, count - i) }, (_, k) => String(i + k + 1));
      const send = (content: string) => person.chat.call.sendMessage({ roomId, content });
      await Promise.all(some.map((content) => insist(() => send(content))));
    }
  };

  test("history loads by pages and stays within 1,000 messages, without a gap", async () => {
    const roomId = await roomOf(ada, bob);
    await fill(ada, roomId, 1_120);
    const room = await bob.chat.rooms.open(roomId);
    const seqs = () => room.getSnapshot().messages.map((it) => it.seq);
    const isWithoutGap = () => seqs().every((seq, i, all) => seq === (all[0] ?? 0) + i);
    assert.deepEqual([seqs()[0], seqs().at(-1)], [1_071, 1_120]);
    while (room.getSnapshot().hasOlder) await room.loadOlder();
    assert.deepEqual([seqs()[0], seqs().at(-1), seqs().length], [1, 1_000, 1_000]);
    assert.ok(isWithoutGap() && room.getSnapshot().hasNewer);
    // What comes meanwhile waits behind what isn't loaded.
    await ada.chat.call.sendMessage({ roomId, content: "new" });
    await until(room, (it) => it.room?.lastSeq === 1_121);
    assert.equal(seqs().at(-1), 1_000);
    while (room.getSnapshot().hasNewer) await room.loadNewer();
    assert.deepEqual([seqs()[0], seqs().at(-1)], [122, 1_121]);
    assert.ok(isWithoutGap());
    await room.loadAround(500);
    assert.ok(seqs().includes(500) && room.getSnapshot().hasNewer && isWithoutGap());
    await room.jumpToNewest();
    assert.equal(seqs().at(-1), 1_121);
    assert.equal(room.getSnapshot().firstUnreadSeq, 1);
    room.close();
  });

  test("who was away long begins with the newest; an iteration gets every message", async () => {
    const proxy = await shared(startTcpProxy(url));
    await using away = await signUp(proxy.url, "Carol");
    const [readId, heardId] = [await roomOf(ada, away), await roomOf(ada, away)];
    const [read, heard] = [await away.chat.rooms.open(readId), await away.chat.rooms.open(heardId)];
    const live = heard.live();
    await fill(ada, readId, 1);
    await until(read, (it) => it.messages.length === 1);
    proxy.refuse();
    await fill(ada, readId, 1_100);
    await fill(ada, heardId, 1_100);
    proxy.restore();
    away.chat.connection.retry();
    await until(read, (it) => it.messages.at(-1)?.seq === 1_101);
    const { messages, hasOlder } = read.getSnapshot();
    assert.deepEqual([messages.length, messages[0]?.seq, hasOlder], [50, 1_052, true]);
    let next = 1;
    for await (const { seq } of live) {
      assert.equal(seq, next++);
      if (seq === 1_100) break;
    }
  });

  test("replies are counted once, whichever way they come", async () => {
    const roomId = await roomOf(ada, bob);
    const [its, theirs] = [await ada.chat.rooms.open(roomId), await bob.chat.rooms.open(roomId)];
    await its.send("Who takes the watch?");
    await until(theirs, (it) => it.messages.length === 1);
    const thread = theirs.thread(1);
    await until(thread, (it) => it.root);
    const sending = thread.send("I do");
    assert.equal(thread.getSnapshot().replies.at(-1)?.status, "pending");
    await sending;
    await its.send("Me too", { replyTo: 1 });
    await theirs.react(1, "👍");
    await until(thread, (it) => it.replies.length === 2 && it.replies.every((one) => one.seq > 0));
    for (const room of [its, theirs]) {
      const { replyCount } = await until(
        room,
        (it) =>
          it.messages.length === 3 && it.messages[0]?.reactions.length === 1 && it.messages[0],
      );
      assert.equal(replyCount, 2);
    }
    assert.equal(thread.getSnapshot().root?.replyCount, 2);
    its.close();
    theirs.close();
  });

  test("badges follow what is written, mentioned and read, also elsewhere", async () => {
    const roomId = await roomOf(ada, bob);
    const badge = () => {
      const room = bob.chat.rooms.getSnapshot().rooms.find((it) => it.id === roomId);
      return [room?.membership?.unreadCount, room?.membership?.mentionCount];
    };
    await until(bob.chat.rooms, () => badge()[0] === 0);
    await ada.chat.call.sendMessage({ roomId, content: "one" });
    await ada.chat.call.sendMessage({ roomId, content: "@Bob", mentions: [bob.user.id] });
    await until(bob.chat.rooms, () => badge()[0] === 2 && badge()[1] === 1);
    assert.equal(bob.chat.rooms.getSnapshot().rooms[0]?.id, roomId);
    assert.equal((await bob.chat.mentions()).messages[0]?.content, "@Bob");
    const room = await bob.chat.rooms.open(roomId);
    await room.markRead();
    assert.deepEqual(badge(), [0, 0]);
    await room.markUnread(2);
    assert.deepEqual(badge(), [1, 1]);
    // As another device of theirs would.
    await bob.chat.call.markRead({ roomId });
    await until(bob.chat.rooms, () => badge()[0] === 0);
    await room.setNotify("mentions");
    assert.equal(room.getSnapshot().room?.membership?.notify, "mentions");
    await bob.chat.call.markUnread({ roomId, seq: 2 });
    await until(bob.chat.rooms, () => badge().join() === "1,1");
    await ada.chat.call.deleteMessage({ roomId, seq: 2 });
    await until(bob.chat.rooms, () => badge().join() === "1,0");
    room.close();
  });

  test("what another device sends or reads counts as read, before its message is known", async () => {
    const roomId = await roomOf(ada, bob);
    const listed = () => bob.chat.rooms.getSnapshot().rooms.find((it) => it.id === roomId);
    for (let seq = 1; seq <= 3; seq++) {
      await bob.chat.call.sendMessage({ roomId, content: `${seq}` });
      await until(bob.chat.rooms, () => listed()?.membership?.readSeq === seq);
    }
    const { membership } = await until(bob.chat.rooms, () => listed()?.lastSeq === 3 && listed());
    assert.equal(membership?.unreadCount, 0);
  });

  test("a mark that takes the place of one that waits does for both", async () => {
    const roomId = await roomOf(ada, bob);
    const room = await bob.chat.rooms.open(roomId);
    for (const content of ["one", "two"]) await ada.chat.call.sendMessage({ roomId, content });
    await until(room, ({ messages }) => messages.length === 2);
    const sent = room.send("three");
    await Promise.all([room.markRead(1), room.markRead(2), sent]);
    assert.deepEqual(bob.chat.outbox.getSnapshot(), []);
    room.close();
  });

  test("an answer that comes late takes nothing back in the list", async () => {
    const answered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    let isLate = false;
    await using late = await signUp(platform.gatewayUrl, "Late", {
      fetch: async (...request) => {
        const answer = await fetch(...request);
        if (isLate) {
          answered.resolve();
          await released.promise;
        }
        return answer;
      },
    });
    const { id: roomId } = await ada.chat.rooms.openDirect({ userId: late.user.id });
    const listed = () => late.chat.rooms.getSnapshot().rooms.find((it) => it.id === roomId);
    await ada.chat.call.sendMessage({ roomId, content: "one" });
    await until(late.chat.rooms, listed);
    isLate = true;
    const opened = late.chat.rooms.openDirect({ userId: ada.user.id });
    await answered.promise;
    await ada.chat.call.sendMessage({ roomId, content: "two" });
    await until(late.chat.rooms, () => listed()?.lastSeq === 2);
    released.resolve();
    assert.equal((await opened).lastSeq, 1);
    assert.equal(listed()?.lastSeq, 2);
    assert.equal(listed()?.lastMessage?.content, "two");
  });

  test("what is told right behind a list is newer than the list", async () => {
    const roomId = await roomOf(ada, bob);
    await ada.chat.call.sendMessage({ roomId, content: "one" });
    let withheld: Buffer[] | undefined;
    const came = new EventEmitter();
    const untilWithheld = async (text: string) => {
      while (!withheld?.some((it) => it.includes(text))) await once(came, "bytes");
    };
    let release = () => {};
    await using proxy = await startTcpProxy(url, (link) => ({
      fromFar(chunk) {
        if (!withheld) return true;
        withheld.push(chunk);
        release = () => link.toNear(Buffer.concat(withheld ?? []));
        came.emit("bytes");
        return false;
      },
    }));
    const chat = createClient({ url: proxy.url });
    chat.on("connected", () => {
      withheld = [];
    });
    await chat.auth.login({ email: bob.email, password: bob.password });
    await untilWithheld(roomId);
    await bob.chat.call.markRead({ roomId });
    await untilWithheld("read_marked");
    release();
    await until(chat.connection, ({ state }) => state === "live");
    const { rooms } = chat.rooms.getSnapshot();
    assert.equal(rooms.find((it) => it.id === roomId)?.membership?.readSeq, 1);
    chat.close();
  });

  test("who types and who is there is shown as long as it lasts", async () => {
    const roomId = await roomOf(ada, bob);
    const [its, theirs] = [await ada.chat.rooms.open(roomId), await bob.chat.rooms.open(roomId)];
    const stop = bob.chat.presence.watch([ada.user.id]);
    await until(bob.chat.presence, (it) => it[ada.user.id]?.status === "online");
    its.typing();
    await until(theirs, (it) => it.typing[0]?.userId === ada.user.id);
    await its.send("There");
    await until(theirs, (it) => it.messages.length === 1 && it.typing.length === 0);
    await ada.chat.presence.set("away");
    await until(bob.chat.presence, (it) => it[ada.user.id]?.status === "away");
    await ada.chat.presence.set("online");
    stop();
    its.close();
    theirs.close();
  });

  test("what is refused stays until it is discarded, and doesn't hold up the rest", async () => {
    const roomId = await roomOf(ada);
    const room = await ada.chat.rooms.open(roomId);
    const refused = room.send("  ");
    const sent = room.send("text");
    await assert.rejects(
      refused,
      (it) => it instanceof ChatError && it.code === "VALIDATION_FAILED",
    );
    assert.equal((await sent).seq, 1);
    const failed = room.getSnapshot().messages.at(-1);
    assert.deepEqual([failed?.status, failed?.error?.code], ["failed", "VALIDATION_FAILED"]);
    room.discard(failed?.localId ?? "");
    assert.equal(room.getSnapshot().messages.length, 1);
    assert.deepEqual(ada.chat.outbox.getSnapshot(), []);
    room.close();
  });

  test("who is removed is told so, in the room and in the list", async () => {
    const roomId = await roomOf(ada, bob);
    const room = await bob.chat.rooms.open(roomId);
    await ada.chat.call.removeMember({ roomId, userId: bob.user.id });
    await until(room, (it) => it.error?.code === "NOT_IN_ROOM");
    assert.ok(bob.chat.rooms.getSnapshot().rooms.every((it) => it.id !== roomId));
    room.close();
    await assert.rejects(bob.chat.rooms.open(roomId), { code: "ROOM_NOT_FOUND" });
  });

  for (const shows of ["the newest messages", "older messages"])
    test(`who comes back to a room that shows ${shows} has its last line in the list`, async () => {
      const [roomId, otherId] = [await roomOf(ada, bob), await roomOf(ada, bob)];
      const listed = (id: string) => bob.chat.rooms.getSnapshot().rooms.find((it) => it.id === id);
      await fill(ada, roomId, 60);
      const room = await bob.chat.rooms.open(roomId);
      await ada.chat.call.sendMessage({ roomId, content: "Hello" });
      await until(room, ({ messages }) => messages.at(-1)?.content === "Hello");
      if (shows === "older messages") await room.loadAround(1);
      await bob.chat.rooms.leave(roomId);
      await until(room, ({ error }) => error?.code === "NOT_IN_ROOM");
      // What goes on in rooms that aren't joined was told just now, so it isn't told again at once.
      await ada.chat.call.sendMessage({ roomId: otherId, content: "Elsewhere" });
      await until(bob.chat.rooms, () => listed(otherId)?.lastSeq === 1);
      await ada.chat.call.addMember({ roomId, userId: bob.user.id });
      await until(room, ({ error }) => !error);
      assert.equal(listed(roomId)?.lastMessage?.content, "Hello");
      room.close();
    });

  test("signing out discards what waits; another user sends nothing of it", async () => {
    const proxy = await shared(startTcpProxy(url));
    const storage = memoryStorage();
    await using person = await signUp(proxy.url, "Dora", { storage, tokens: memoryTokens() });
    const roomId = await roomOf(person);
    const room = await person.chat.rooms.open(roomId);
    proxy.refuse();
    const lost = assert.rejects(room.send("secret"), { code: "SIGNED_OUT" });
    await until(person.chat.connection, ({ state }) => state === "offline");
    await assert.rejects(person.chat.auth.logout(), { code: "UNREACHABLE" });
    assert.equal((await storage.list()).length, 1);
    proxy.freeze();
    const leaving = person.chat.auth.logout();
    proxy.restore();
    await leaving;
    await lost;
    assert.deepEqual(await storage.list(), []);
    assert.equal(room.getSnapshot().error?.code, "SIGNED_OUT");
  });
});
