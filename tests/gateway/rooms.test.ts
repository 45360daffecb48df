import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { unchanged } from "#tools/rig/unchanged.ts";
import { generalRoomId, registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const ada = await registerUser(platform, "Ada");
const bob = await registerUser(platform, "Bob");

const missingIds = ["635a5e3b8bb9e8b3c8e9f5d2", "nonsense", "1", "%00", "a%2Fb", "$ne"];

async function createRoom(user: TestUser, body: object): Promise<string> {
  const answer = await user.client.post("/api/rooms", body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body.room.id;
}

function withoutRequestId(body: Record<string, unknown>) {
  const { requestId, ...rest } = body;
  return rest;
}

describe("rooms", () => {
  test("at first there are none but the public one", async () => {
    const user = await registerUser(platform);
    const answer = await user.client.get("/api/rooms");
    assert.deepEqual(answer.body, { success: true, message: "No rooms joined yet.", rooms: [] });
    const rooms = await user.client.get("/api/rooms/public?limit=1");
    assert.equal(rooms.body.message, "Rooms retrieved successfully");
    const { id, createdAt, updatedAt, ...general } = rooms.body.rooms[0];
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.equal(createdAt, updatedAt);
    assert.deepEqual(general, {
      name: "general",
      description: "General discussion room",
      roomType: "public",
      createdBy: "system",
      members: [],
      memberCount: 0,
      lastSeq: 0,
      lastRevision: 0,
      membership: null,
      lastMessage: null,
      peer: null,
    });
  });

  test("are created, read, joined and left", async () => {
    const answer = await ada.client.post("/api/rooms", { name: "Garden", description: "Plants" });
    assert.equal(answer.body.message, "Room created successfully");
    const { room } = answer.body;
    assert.deepEqual(room.members, [ada.id]);
    assert.equal(room.createdBy, ada.id);
    const read = await bob.client.get(`/api/rooms/${room.id}`);
    assert.equal(read.body.message, "Room retrieved successfully");
    const joined = await bob.client.post(`/api/rooms/${room.id}/join`);
    assert.equal(joined.body.message, "Room joined successfully");
    assert.deepEqual(joined.body.room.members, [ada.id, bob.id]);
    assert.equal(joined.body.room.memberCount, 2);
    assert.equal((await bob.client.post(`/api/rooms/${room.id}/join`)).body.room.memberCount, 2);
    const mine = await bob.client.get("/api/rooms");
    assert.equal(mine.body.message, "Rooms retrieved successfully");
    assert.ok(mine.body.rooms.some((it: { id: string }) => it.id === room.id));
    const members = await bob.client.get(`/api/rooms/${room.id}/members?limit=1&page=2`);
    assert.equal(members.body.message, "Members retrieved successfully");
    const [{ joinedAt, ...member }] = members.body.members;
    assert.deepEqual(member, { userId: bob.id, username: bob.username, name: bob.name });
    assert.deepEqual(members.body.pagination, {
      currentPage: 2,
      totalPages: 2,
      totalItems: 2,
      itemsPerPage: 1,
      hasNext: false,
      hasPrevious: true,
    });
    for (let i = 0; i < 2; i++) {
      const left = await ada.client.post(`/api/rooms/${room.id}/leave`);
      assert.deepEqual(left.body, { success: true, message: "Room left successfully" });
    }
    const after = await bob.client.get(`/api/rooms/${room.id}`);
    assert.equal(after.body.room.createdBy, bob.id, "the oldest member follows");
  });

  test("of a private room outsiders learn nothing", async () => {
    const privateId = await createRoom(ada, { name: "Secret", roomType: "private" });
    const paths: [string, string, object?][] = [
      ["GET", ""],
      ["GET", "/messages"],
      ["GET", "/members"],
      ["POST", "/join"],
      ["POST", "/leave"],
      ["POST", "/messages", { content: "hi" }],
      ["POST", "/members", { userId: bob.id }],
      ["DELETE", `/members/${ada.id}`],
    ];
    for (const [method, rest, body] of paths) {
      const secret = await bob.client.request(method, `/api/rooms/${privateId}${rest}`, { body });
      for (const id of missingIds) {
        const missing = await bob.client.request(method, `/api/rooms/${id}${rest}`, { body });
        assert.equal(missing.status, 404, `${method} ${id}${rest}`);
        assert.deepEqual(withoutRequestId(missing.body), withoutRequestId(secret.body));
        assert.equal(missing.body.message, "Room not found");
      }
    }
    const publicRooms = await bob.client.get("/api/rooms/public?limit=100");
    assert.ok(!publicRooms.body.rooms.some((it: { id: string }) => it.id === privateId));
  });

  test("members add to a private room, only its creator removes", async () => {
    const eve = await registerUser(platform, "Eve");
    const id = await createRoom(ada, { name: "Club", roomType: "private" });
    const members = `/api/rooms/${id}/members`;
    const added = await ada.client.post(members, { username: bob.username });
    assert.equal(added.body.message, "Member added successfully");
    assert.equal(added.body.room.memberCount, 2);
    assert.equal(added.body.room.membership.role, "owner", "what it is to who asks");
    assert.equal((await bob.client.post(members, { userId: eve.id })).status, 200);
    const again = await bob.client.post(members, { userId: ada.id });
    assert.equal(again.body.room.membership.role, "member");
    for (const userId of ["999999", "nonsense", ""]) {
      const answer = await ada.client.post(members, { userId });
      assert.equal(answer.status, userId === "" ? 400 : 404, userId);
    }
    assert.equal(
      (await ada.client.post(members, { username: "nobody-here" })).body.message,
      "User not found",
    );
    assert.equal((await ada.client.post(members, {})).status, 400);
    assert.equal(
      (await ada.client.post(members, { userId: eve.id, username: eve.username })).status,
      400,
    );
    const forbidden = await bob.client.delete(`${members}/${eve.id}`);
    assert.equal(forbidden.status, 403);
    assert.equal(forbidden.body.message, "Forbidden");
    const removed = await ada.client.delete(`${members}/${eve.id}`);
    assert.deepEqual(removed.body, { success: true, message: "Member removed successfully" });
    assert.equal((await eve.client.get(`/api/rooms/${id}`)).status, 404);
    const general = await generalRoomId(ada.client);
    assert.equal(
      (await ada.client.post(`/api/rooms/${general}/members`, { userId: bob.id })).status,
      400,
    );
  });
});

describe("messages", () => {
  test("are sent, answered whole, and sent once per clientMessageId", async () => {
    const id = await createRoom(ada, { name: "Talk" });
    const path = `/api/rooms/${id}/messages`;
    const metadata = { z: 1, a: { list: [1.5, null, true, "é"] } };
    const body = {
      content: "Hello, world! 👋",
      clientMessageId: "m-1",
      messageType: "image",
      metadata,
    };
    const sent = await ada.client.post(path, body);
    assert.equal(sent.status, 201);
    assert.equal(sent.body.message, "Message sent successfully");
    const { id: messageId, createdAt, updatedAt, ...data } = sent.body.data;
    assert.deepEqual(data, {
      userId: ada.id,
      username: ada.name,
      roomId: id,
      content: "Hello, world! 👋",
      messageType: "image",
      metadata,
      seq: 1,
      clientMessageId: "m-1",
      ...unchanged,
    });
    assert.match(messageId, /^[0-9a-f]{24}$/);
    const again = await ada.client.post(path, {
      content: "something else",
      clientMessageId: "m-1",
    });
    assert.equal(again.status, 200);
    assert.equal(again.body.duplicate, true);
    assert.deepEqual(again.body.data, sent.body.data);
    assert.equal("duplicate" in sent.body, false);
    await bob.client.post(`/api/rooms/${id}/join`);
    const theirs = await bob.client.post(path, { content: "mine", clientMessageId: "m-1" });
    assert.equal(theirs.body.data.seq, 2, "an id is the sender's own");
    const outsider = await registerUser(platform);
    const refused = await outsider.client.post(path, { content: "x" });
    assert.equal(refused.status, 403);
    assert.equal(refused.body.message, "Not in this room");
    assert.equal(
      (await outsider.client.get(path)).body.messages.length,
      2,
      "public rooms can be read",
    );
  });

  test("carry the sender's name at the time of sending", async () => {
    const user = await registerUser(platform, "Before");
    const id = await createRoom(user, { name: "Names" });
    await user.client.post(`/api/rooms/${id}/messages`, { content: "one" });
    await user.client.put("/api/auth/profile", { firstName: "After" });
    let last = "";
    while (!last.startsWith("After")) {
      last = (await user.client.post(`/api/rooms/${id}/messages`, { content: "two" })).body.data
        .username;
    }
    const history = await user.client.get(`/api/rooms/${id}/messages?after=0`);
    assert.equal(history.body.messages[0].username, "Before Lovelace");
  });

  test("are paged by number, before and after", async () => {
    const id = await createRoom(ada, { name: "Long" });
    const path = `/api/rooms/${id}/messages`;
    const empty = await ada.client.get(path);
    assert.equal(empty.body.message, "Message history retrieved successfully");
    assert.deepEqual(empty.body.pagination, page(1, 0, 0, 50, false, false));
    for (let i = 1; i <= 7; i++) await ada.client.post(path, { content: `m${i}` });
    const cases: [string, number[], ReturnType<typeof page>][] = [
      ["", [1, 2, 3, 4, 5, 6, 7], page(1, 1, 7, 50, false, false)],
      ["?limit=3", [5, 6, 7], page(1, 3, 7, 3, true, false)],
      ["?limit=3&page=2", [2, 3, 4], page(2, 3, 7, 3, true, true)],
      ["?limit=3&page=3", [1], page(3, 3, 7, 3, false, true)],
      ["?limit=3&page=4", [], page(4, 3, 7, 3, false, true)],
      ["?limit=3&before=5", [2, 3, 4], page(null, null, 7, 3, true, true)],
      ["?limit=3&before=2", [1], page(null, null, 7, 3, false, true)],
      ["?limit=3&before=100", [5, 6, 7], page(null, null, 7, 3, true, false)],
      ["?limit=3&after=0", [1, 2, 3], page(null, null, 7, 3, false, true)],
      ["?limit=3&after=5", [6, 7], page(null, null, 7, 3, true, false)],
      ["?limit=3&after=7", [], page(null, null, 7, 3, true, false)],
    ];
    for (const [query, seqs, pagination] of cases) {
      const answer = await ada.client.get(path + query);
      assert.deepEqual(
        answer.body.messages.map((it: { seq: number }) => it.seq),
        seqs,
        query,
      );
      assert.deepEqual(answer.body.pagination, pagination, query);
    }
    const bad = [
      "page=0",
      "page=-1",
      "page=1.5",
      "page=x",
      "page=",
      "page=1e1",
      "page=01",
      "limit=0",
      "limit=101",
      "before=0",
      "after=-1",
      "page=1&page=2",
      "page=1&before=3",
      "before=3&after=1",
      "page=4294967296",
      "limit=%201",
    ];
    for (const query of bad) {
      const answer = await ada.client.get(`${path}?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(answer.body.code, "VALIDATION_FAILED");
    }
  });
});

function page(
  currentPage: number | null,
  totalPages: number | null,
  totalItems: number,
  itemsPerPage: number,
  hasNext: boolean,
  hasPrevious: boolean,
) {
  return { currentPage, totalPages, totalItems, itemsPerPage, hasNext, hasPrevious };
}
