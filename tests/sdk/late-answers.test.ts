import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatClient, ServerEvent } from "#sdk";
import { until } from "./people.ts";
import { type Script, startClient, startScriptedServer } from "./scripted-server.ts";

const time = "2026-01-01T00:00:00.000Z";
const membership = (lastSeq: number, readSeq = 0, mentionCount = 0) => ({
  role: "member",
  joinedAt: time,
  readSeq,
  unreadCount: lastSeq - readSeq,
  mentionCount,
  notify: "all",
});
const room = (id: string, lastSeq: number) => ({
  id,
  name: id,
  roomType: "public",
  createdBy: "2",
  members: [],
  memberCount: 2,
  createdAt: time,
  updatedAt: time,
  lastSeq,
  lastRevision: 0,
  membership: membership(lastSeq),
});
const message = (seq: number) => ({
  id: `${seq}`,
  roomId: "a",
  seq,
  revision: 0,
  userId: "2",
  username: "Bob",
  content: `${seq}`,
  createdAt: time,
});
const activity = (seq: number) => ({
  roomId: "a",
  lastSeq: seq,
  lastRevision: 0,
  lastMessage: message(seq),
});

/** A server on which the user is in the room "a", which has one message. */
const startServer = ({ paths, events }: Partial<Script> = {}) =>
  startScriptedServer({
    paths: { "/api/rooms/a/reads": () => ({ reads: [] }), ...paths },
    events: {
      watch_rooms: () => ({ rooms: [room("a", 1)], truncated: false }),
      join_room: () => ({ room: room("a", 1), messages: [message(1)], hasMore: false }),
      ...events,
    },
  });

const listed = (chat: ChatClient, id = "a") =>
  chat.rooms.getSnapshot().rooms.find((it) => it.id === id);

/** Resolves when a client has got an event, and has taken it. */
const whenGot = (chat: ChatClient, event: ServerEvent) =>
  new Promise<void>((resolve) => {
    const stop = chat.on(event, () => {
      stop();
      resolve();
    });
  });

test("what comes before the list, and isn't in it, stays", async () => {
  await using server = await startServer({
    events: {
      watch_rooms() {
        server.notify("mentioned", { message: message(2) });
        return { rooms: [room("a", 1)], truncated: false };
      },
    },
  });
  using chat = await startClient(server);
  const { lastSeq, membership } = listed(chat) ?? {};
  assert.deepEqual([lastSeq, membership?.unreadCount, membership?.mentionCount], [2, 2, 1]);
});

test("what comes while a room is being closed stands in the list", async () => {
  await using server = await startServer({
    events: {
      leave_room() {
        server.notify("new_message", message(2));
        server.notify("message_changed", {
          message: { ...message(2), revision: 1, content: "two" },
        });
        return {};
      },
    },
  });
  using chat = await startClient(server);
  const room = await chat.rooms.open("a");
  const isGot = whenGot(chat, "message_changed");
  room.close();
  await isGot;
  const { lastSeq, lastMessage } = listed(chat) ?? {};
  assert.deepEqual([lastSeq, lastMessage?.content], [2, "two"]);
});

test("what comes while a long list is read is newer than the list", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<object>();
  await using server = await startServer({
    events: { watch_rooms: () => ({ rooms: [], truncated: true }) },
    paths: {
      "/api/rooms": () => {
        asked.resolve();
        return answer.promise;
      },
    },
  });
  using chat = await startClient(server, { isLive: false });
  await asked.promise;
  const isGot = whenGot(chat, "room_removed");
  server.notify("room_activity", activity(2));
  server.notify("mentioned", { message: message(2) });
  server.notify("read_marked", { roomId: "a", userId: "1", seq: 1 });
  server.notify("room_added", { room: room("b", 0) });
  server.notify("room_removed", { roomId: "c" });
  await isGot;
  answer.resolve({ rooms: [room("a", 1), room("c", 0)] });
  await until(chat.connection, ({ state }) => state === "live");
  const { lastSeq, membership } = listed(chat) ?? {};
  assert.deepEqual([lastSeq, membership?.readSeq, membership?.mentionCount], [2, 1, 1]);
  assert.ok(listed(chat, "b"));
  assert.ok(!listed(chat, "c"));
});

for (const isKnown of [true, false]) {
  const when = isKnown ? "before" : "after";
  test(`a mention that a mark's answer counts isn't counted again; its message came ${when}`, async () => {
    await using server = await startServer({
      // Read when the second message, which mentions the user, was stored.
      events: { mark_read: () => ({ membership: membership(2, 1, 1) }) },
    });
    using chat = await startClient(server);
    const room = await chat.rooms.open("a");
    if (isKnown) {
      server.notify("room_activity", activity(2));
      await until(chat.rooms, () => listed(chat)?.lastSeq === 2);
    }
    await room.markRead(1);
    const isGot = whenGot(chat, "mentioned");
    server.notify("mentioned", { message: message(2) });
    await isGot;
    assert.equal(listed(chat)?.membership?.mentionCount, 1);
    assert.equal(listed(chat)?.membership?.unreadCount, 1);
  });
}

test("a changed room that was read before the last message takes nothing back", async () => {
  await using server = await startServer();
  using chat = await startClient(server);
  server.notify("mentioned", { message: message(2) });
  const isGot = whenGot(chat, "room_changed");
  const changed = { ...room("a", 1), createdBy: "1" };
  server.notify("room_changed", {
    room: { ...changed, membership: { ...changed.membership, role: "owner" } },
  });
  await isGot;
  const { createdBy, lastSeq, lastMessage, membership } = listed(chat) ?? {};
  assert.deepEqual([createdBy, membership?.role], ["1", "owner"]);
  assert.deepEqual([lastSeq, lastMessage?.content], [2, "2"]);
  assert.deepEqual([membership?.unreadCount, membership?.mentionCount], [2, 1]);
});

test("a receipt that comes while the receipts are read stays", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<object>();
  await using server = await startServer({
    paths: {
      "/api/rooms/a/reads": () => {
        asked.resolve();
        return answer.promise;
      },
    },
  });
  using chat = await startClient(server);
  const room = await chat.rooms.open("a");
  await asked.promise;
  server.notify("read_marked", { roomId: "a", userId: "2", seq: 2 });
  await until(room, ({ reads }) => reads[2] === 2);
  answer.resolve({
    reads: [
      { userId: "2", seq: 1 },
      { userId: "3", seq: 1 },
    ],
  });
  await until(room, ({ reads }) => reads[3] === 1);
  assert.equal(room.getSnapshot().reads[2], 2);
});

test("a reply that comes while the replies are read anew is shown", async () => {
  const page = { messages: [], pagination: { totalItems: 1, hasNext: false } };
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<object>();
  let isAnew = false;
  await using server = await startServer({
    paths: {
      "/api/rooms/a/messages?limit=1&before=2": () => ({ ...page, messages: [message(1)] }),
      "/api/rooms/a/messages?limit=50&thread=1": () => {
        if (!isAnew) return page;
        asked.resolve();
        return answer.promise;
      },
    },
  });
  using chat = await startClient(server);
  const room = await chat.rooms.open("a");
  const thread = room.thread(1);
  await until(thread, ({ isLoading }) => !isLoading);
  isAnew = true;
  const loading = thread.load();
  await asked.promise;
  server.notify("new_message", { ...message(2), threadSeq: 1 });
  await until(room, ({ messages }) => messages.length === 2);
  answer.resolve(page);
  await loading;
  assert.deepEqual(
    thread.getSnapshot().replies.map((it) => it.seq),
    [2],
  );
});

test("a presence that is refused for a moment is said again", async () => {
  const said: unknown[] = [];
  await using server = await startServer({
    events: {
      set_presence({ status }) {
        said.push(status);
        return said.length === 1 ? { code: "RATE_LIMITED", message: "Too many" } : {};
      },
    },
  });
  using chat = await startClient(server);
  await chat.presence.set("away");
  assert.deepEqual(said, ["away", "away"]);
});
