import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { HttpClient } from "#tools/rig/http-client.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, next } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const creator = await registerUser(platform);
const member = await registerUser(platform);
const removed = await registerUser(platform);
const left = await registerUser(platform);
const outsider = await registerUser(platform);
const noRoom = "0123456789abcdef01234567";
const made = await creator.client.post("/api/rooms", { name: "Secret", roomType: "private" });
const roomId: string = made.body.room.id;
for (const { id } of [member, removed, left]) {
  await creator.client.post(`/api/rooms/${roomId}/members`, { userId: id });
}
await creator.client.post(`/api/rooms/${roomId}/messages`, { content: "between us" });
await creator.client.delete(`/api/rooms/${roomId}/members/${removed.id}`);
await left.client.post(`/api/rooms/${roomId}/leave`);

type Ask = (client: HttpClient, id: string) => ReturnType<HttpClient["get"]>;
const asks: Record<string, Ask> = {
  "read the room": (client, id) => client.get(`/api/rooms/${id}`),
  "read its messages": (client, id) => client.get(`/api/rooms/${id}/messages`),
  "read before a seq": (client, id) => client.get(`/api/rooms/${id}/messages?before=2`),
  "read its members": (client, id) => client.get(`/api/rooms/${id}/members`),
  join: (client, id) => client.post(`/api/rooms/${id}/join`),
  leave: (client, id) => client.post(`/api/rooms/${id}/leave`),
  "send a message": (client, id) => client.post(`/api/rooms/${id}/messages`, { content: "hello" }),
  "add oneself": (client, id) =>
    client.post(`/api/rooms/${id}/members`, { username: outsider.username }),
  "add another": (client, id) => client.post(`/api/rooms/${id}/members`, { userId: member.id }),
  "remove the creator": (client, id) => client.delete(`/api/rooms/${id}/members/${creator.id}`),
  "remove oneself": (client, id) => client.delete(`/api/rooms/${id}/members/${outsider.id}`),
};

/** Everything of an answer but its date and what names this one request. */
function essence({ status, headers, text }: { status: number; headers: Headers; text: string }) {
  const id = headers.get("x-request-id") ?? "";
  const kept = [...headers].filter(([name]) => name !== "date" && name !== "x-request-id");
  return JSON.stringify([status, kept, text.replaceAll(id, "")]);
}

describe("a private room isn't there for those who aren't in it", () => {
  for (const [what, ask] of Object.entries(asks)) {
    test(`${what}: equal to the byte to no such room, and to no id`, async () => {
      const before = await state();
      for (const who of [outsider, removed, left]) {
        const there = await ask(who.client, roomId);
        assert.equal(there.status, 404, there.text);
        assert.equal(there.body.message, "Room not found");
        for (const other of [noRoom, "none", "%27", roomId.toUpperCase(), `${roomId}0`]) {
          assert.equal(essence(await ask(who.client, other)), essence(there), other);
        }
      }
      assert.equal(await state(), before);
    });
  }

  test("members may do what members may, and no more", async () => {
    assert.equal((await member.client.get(`/api/rooms/${roomId}/messages`)).status, 200);
    const remove = (who: TestUser, whom: TestUser) =>
      who.client.delete(`/api/rooms/${roomId}/members/${whom.id}`);
    assert.equal((await remove(member, creator)).status, 403);
    assert.equal((await remove(member, member)).status, 403);
    const list = await outsider.client.get("/api/rooms/public?limit=100");
    assert.ok(!list.text.includes(roomId), "it isn't listed");
  });

  test("by events, too", async () => {
    const socket = await connectSocket(platform.messageUrl, outsider);
    const emit = (event: "join_room" | "send_message" | "typing_start", id: string) => {
      const payload = { roomId: id, ...(event === "send_message" && { content: "hello" }) };
      // The events' payloads differ in type, and here one stands for all.
      return socket.emitWithAck(event as "send_message", payload as never);
    };
    for (const event of ["join_room", "send_message"] as const) {
      const there = await emit(event, roomId);
      assert.deepEqual(there, {
        success: false,
        code: "ROOM_NOT_FOUND",
        message: "Room not found",
      });
      for (const other of [noRoom, "none", `${roomId}0`]) {
        assert.deepEqual(await emit(event, other), there);
      }
    }
    assert.deepEqual(await emit("typing_start", roomId), await emit("typing_start", noRoom));
    socket.disconnect();
  });
});

describe("who is removed hears no more", () => {
  test("the removed member's open socket is out of the room, and can't come back or speak", async () => {
    const guest = await registerUser(platform);
    await creator.client.post(`/api/rooms/${roomId}/members`, { userId: guest.id });
    const heard: string[] = [];
    const socket = await connectSocket(platform.messageUrl, guest);
    socket.on("new_message", ({ content }) => heard.push(content));
    socket.on("typing_start", () => heard.push("typing"));
    const other = await connectSocket(platform.messageUrl, member);
    await socket.emitWithAck("join_room", { roomId });
    await other.emitWithAck("join_room", { roomId });
    const gone = next(socket, "room_removed");
    await creator.client.delete(`/api/rooms/${roomId}/members/${guest.id}`);
    assert.deepEqual(await gone, { roomId });
    const toOther = next(other, "new_message");
    await creator.client.post(`/api/rooms/${roomId}/messages`, { content: "without them" });
    await toOther;
    const send = await socket.emitWithAck("send_message", { roomId, content: "still here" });
    assert.equal(send.success === false && send.code, "ROOM_NOT_FOUND");
    const join = await socket.emitWithAck("join_room", { roomId, afterSeq: 0 });
    assert.equal(join.success === false && join.code, "ROOM_NOT_FOUND");
    await pause(50);
    assert.deepEqual(heard, []);
    socket.disconnect();
    other.disconnect();
  });

  test("removed in the midst of a hundred joins, a member is not in at the end", async () => {
    const guest = await registerUser(platform);
    const socket = await connectSocket(platform.messageUrl, guest);
    const heard: string[] = [];
    socket.on("new_message", ({ content }) => heard.push(content));
    for (let round = 0; round < 10; round++) {
      await creator.client.post(`/api/rooms/${roomId}/members`, { userId: guest.id });
      const joins = Array.from({ length: 10 }, () => socket.emitWithAck("join_room", { roomId }));
      await Promise.all([
        ...joins,
        creator.client.delete(`/api/rooms/${roomId}/members/${guest.id}`),
      ]);
      heard.length = 0;
      await creator.client.post(`/api/rooms/${roomId}/messages`, { content: `round ${round}` });
      const send = await socket.emitWithAck("send_message", { roomId, content: "x" });
      assert.equal(send.success, false);
      assert.deepEqual(heard, []);
    }
    socket.disconnect();
  });
});

async function state(): Promise<string> {
  const rooms = await platform.database.query("select * from message.rooms order by id");
  const members = await platform.database.query(
    "select room_id, user_id from message.memberships order by 1, 2",
  );
  const messages = await platform.database.query("select count(*) from message.messages");
  return JSON.stringify([rooms, members, messages]);
}
