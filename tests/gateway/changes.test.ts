import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Socket } from "socket.io-client";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { unchanged } from "#tools/rig/unchanged.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const [owner, ada, bob, eve] = [
  await registerUser(platform, "Olga"),
  await registerUser(platform, "Ada"),
  await registerUser(platform, "Bob"),
  await registerUser(platform, "Eve"),
];

/** A room of the owner's with these members; Ada has sent so many messages. */
async function newRoom(roomType: "public" | "private", count = 1): Promise<string> {
  const { room } = (await owner.client.post("/api/rooms", { name: "Room", roomType })).body;
  for (const { id, client } of [ada, bob]) {
    if (roomType === "public") await client.post(`/api/rooms/${room.id}/join`);
    else await owner.client.post(`/api/rooms/${room.id}/members`, { userId: id });
  }
  for (let n = 1; n <= count; n++) {
    await ada.client.post(`/api/rooms/${room.id}/messages`, { content: `${n}`, metadata: { n } });
  }
  return room.id;
}

const at = (roomId: string, rest: string) => `/api/rooms/${roomId}/${rest}`;
const thumb = encodeURIComponent("👍");
const thumbsOf = (seq: number | string) => `messages/${seq}/reactions/${thumb}`;

describe("a message", () => {
  test("is edited, reacted to, pinned and deleted", async () => {
    const roomId = await newRoom("private", 2);
    const edit = { content: "new", metadata: { b: 1 } };
    const edited = await ada.client.put(at(roomId, "messages/1"), edit);
    assert.deepEqual([edited.status, edited.body.message], [200, "Message updated successfully"]);
    const { content, metadata, revision, editedAt, updatedAt, createdAt, ...rest } =
      edited.body.data;
    assert.deepEqual({ content, metadata, revision }, { ...edit, revision: 1 });
    assert.ok(editedAt === updatedAt && editedAt > createdAt);
    assert.deepEqual(
      [rest.reactions, rest.pinnedAt, rest.deletedAt, rest.userId],
      [[], null, null, ada.id],
    );
    const same = await ada.client.put(at(roomId, "messages/1"), { content: "new" });
    assert.deepEqual([same.status, same.body.data], [200, edited.body.data]);

    const added = await bob.client.put(at(roomId, thumbsOf(1)));
    assert.deepEqual([added.status, added.body.message], [200, "Reaction added"]);
    const reactions = [{ emoji: "👍", count: 1, userIds: [bob.id] }];
    assert.deepEqual(added.body.data, { ...edited.body.data, reactions, revision: 2 });
    const who = await owner.client.get(at(roomId, `${thumbsOf(1)}?limit=1`));
    assert.deepEqual(who.body, {
      success: true,
      message: "Reactions retrieved successfully",
      users: [{ userId: bob.id, username: bob.username, name: bob.name }],
      pagination: {
        ...{ currentPage: 1, totalPages: 1, totalItems: 1, itemsPerPage: 1 },
        ...{ hasNext: false, hasPrevious: false },
      },
    });

    const pinned = await bob.client.put(at(roomId, "pins/1"));
    assert.deepEqual([pinned.status, pinned.body.message], [200, "Message pinned"]);
    assert.equal(pinned.body.data.pinnedBy, bob.id);
    const pins = await ada.client.get(at(roomId, "pins"));
    assert.deepEqual(pins.body, {
      success: true,
      message: "Pins retrieved successfully",
      messages: [pinned.body.data],
    });
    const unpinned = await ada.client.delete(at(roomId, "pins/1"));
    assert.deepEqual([unpinned.status, unpinned.body.message], [200, "Message unpinned"]);
    assert.deepEqual(unpinned.body.data, { ...added.body.data, revision: 4 });

    const removed = await bob.client.delete(at(roomId, thumbsOf(1)));
    assert.deepEqual([removed.status, removed.body.message], [200, "Reaction removed"]);
    assert.deepEqual(removed.body.data, { ...edited.body.data, revision: 5 });

    const deleted = await owner.client.delete(at(roomId, "messages/1"));
    assert.deepEqual([deleted.status, deleted.body.message], [200, "Message deleted successfully"]);
    const { deletedAt } = deleted.body.data;
    assert.deepEqual(deleted.body.data, {
      ...edited.body.data,
      ...{ content: "", metadata: null, revision: 6 },
      ...{ deletedAt, deletedBy: owner.id, updatedAt: deletedAt },
    });
    const again = await ada.client.delete(at(roomId, "messages/1"));
    assert.deepEqual([again.status, again.body.data], [200, deleted.body.data]);
    const page = await bob.client.get(at(roomId, "messages"));
    assert.deepEqual(page.body.messages[0], deleted.body.data);
    assert.deepEqual({ ...page.body.messages[1], ...unchanged }, page.body.messages[1]);
  });

  test("is listed by what has changed since a revision", async () => {
    const roomId = await newRoom("public", 3);
    const list = (query: string) => eve.client.get(at(roomId, `messages?${query}`));
    for (const seq of [3, 1, 2, 1]) await ada.client.put(at(roomId, thumbsOf(seq)));
    await ada.client.put(at(roomId, "messages/1"), { content: "new" });
    const { body } = await list("changedSince=0&limit=2");
    const numbers = (messages: { seq: number; revision: number }[]) =>
      messages.map(({ seq, revision }) => [seq, revision]);
    assert.deepEqual(numbers(body.messages), [
      [3, 1],
      [2, 3],
    ]);
    assert.equal(body.lastRevision, 4);
    assert.deepEqual(body.pagination, {
      ...{ currentPage: null, totalPages: null, totalItems: 3, itemsPerPage: 2 },
      ...{ hasNext: true, hasPrevious: false },
    });
    const next = await list("changedSince=3");
    assert.deepEqual(numbers(next.body.messages), [[1, 4]]);
    assert.deepEqual(
      [next.body.pagination.hasNext, next.body.pagination.hasPrevious],
      [false, true],
    );
    for (const query of ["changedSince=4", "changedSince=4294967295"]) {
      assert.deepEqual((await list(query)).body.messages, [], query);
    }
    for (const query of ["page=1", "before=3", "after=0"]) {
      const answer = await list(`changedSince=0&${query}`);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.details[0].path, "changedSince");
    }
    assert.equal("lastRevision" in (await list("page=1")).body, false);
  });

  test("has at most twenty different reactions, each in one form", async () => {
    const roomId = await newRoom("private");
    const heart = (emoji: string) =>
      at(roomId, `messages/1/reactions/${encodeURIComponent(emoji)}`);
    await ada.client.put(heart("❤"));
    const both = await bob.client.put(heart("❤️"));
    assert.deepEqual(both.body.data.reactions, [
      { emoji: "❤️", count: 2, userIds: [ada.id, bob.id] },
    ]);
    for (let n = 2; n <= 20; n++) await ada.client.put(heart(`:face_${n}:`));
    const refused = await ada.client.put(heart("👍🏽"));
    assert.equal(refused.status, 409);
    assert.deepEqual([refused.body.code, refused.body.message], ["LIMIT_REACHED", "Limit reached"]);
    assert.deepEqual(refused.body.details, [{ path: "reactions", message: "must be at most 20" }]);
  });
});

/** What can be done to a message, by each door. */
interface Act {
  method: "PUT" | "DELETE";
  path: (seq: number | string) => string;
  event?: "edit_message" | "delete_message" | "add_reaction" | "remove_reaction";
  rpc: string;
  body?: { content: string };
  emoji?: string;
}
const acts: Act[] = [
  {
    ...{ method: "PUT", path: (seq) => `messages/${seq}`, rpc: "EditMessage" },
    ...{ event: "edit_message", body: { content: "x" } },
  },
  {
    ...{ method: "DELETE", path: (seq) => `messages/${seq}`, rpc: "DeleteMessage" },
    event: "delete_message",
  },
  {
    ...{ method: "PUT", path: thumbsOf, rpc: "AddReaction", event: "add_reaction", emoji: "👍" },
  },
  {
    ...{ method: "DELETE", path: thumbsOf, rpc: "RemoveReaction", event: "remove_reaction" },
    emoji: "👍",
  },
  { method: "PUT", path: (seq) => `pins/${seq}`, rpc: "PinMessage" },
  { method: "DELETE", path: (seq) => `pins/${seq}`, rpc: "UnpinMessage" },
];

describe("what may not be done to a message", () => {
  const sockets = new Map<TestUser, Socket>();
  before(async () => {
    for (const user of [ada, bob, eve]) {
      // As a client without our types would: any event, any payload.
      sockets.set(user, (await connectSocket(platform.messageUrl, user)) as never);
    }
  });
  after(() => {
    for (const socket of sockets.values()) socket.disconnect();
  });

  /** The codes of an act, by every door. */
  async function codesOf(user: TestUser, act: Act, roomId: string, seq: number): Promise<string[]> {
    const { method, path, event, rpc, body, emoji } = act;
    const request = { roomId, seq, ...body, ...(emoji && { emoji }) };
    const rest = await user.client.request(method, at(roomId, path(seq)), { body });
    const answer = await fetch(
      `${platform.messageRpcUrl}/aetherconnect.message.v1.MessageService/${rpc}`,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${user.client.cookie("accessToken")}`,
        },
        body: JSON.stringify(request),
      },
    );
    const failure = JSON.parse(await answer.text());
    const reason = failure.details?.[0]?.debug?.reason ?? failure.code ?? "OK";
    const codes = [rest.body.code ?? "OK", reason.replace("ERROR_REASON_", "")];
    const socket = sockets.get(user);
    if (event && socket) codes.push((await socket.emitWithAck(event, request)).code ?? "OK");
    return [...new Set(codes)];
  }

  test("is refused alike at every door: room, membership, message, right", async () => {
    const open = await newRoom("public", 2);
    const closed = await newRoom("private", 2);
    const other = await newRoom("public", 3);
    await bob.client.post(`/api/rooms/${other}/leave`);
    await owner.client.delete(at(open, "messages/2"));
    const nowhere = "0123456789abcdef01234567";
    for (const act of acts) {
      const name = act.rpc;
      assert.deepEqual(await codesOf(eve, act, closed, 1), ["ROOM_NOT_FOUND"], name);
      assert.deepEqual(await codesOf(eve, act, closed, 9), ["ROOM_NOT_FOUND"], name);
      assert.deepEqual(await codesOf(ada, act, nowhere, 1), ["ROOM_NOT_FOUND"], name);
      assert.deepEqual(await codesOf(eve, act, open, 1), ["NOT_IN_ROOM"], name);
      assert.deepEqual(await codesOf(bob, act, other, 1), ["NOT_IN_ROOM"], `${name}, who has left`);
      assert.deepEqual(
        await codesOf(bob, act, open, 3),
        ["MESSAGE_NOT_FOUND"],
        `${name}, of another room`,
      );
      assert.deepEqual(await codesOf(ada, act, closed, 4_294_967_295), ["MESSAGE_NOT_FOUND"], name);
      const ofDeleted = name === "DeleteMessage" ? "OK" : "MESSAGE_NOT_FOUND";
      assert.deepEqual(await codesOf(ada, act, open, 2), [ofDeleted], `${name}, deleted`);
    }
    const rights = await Promise.all(acts.map((act) => codesOf(bob, act, open, 1)));
    assert.deepEqual(rights.flat(), [
      "FORBIDDEN",
      "FORBIDDEN",
      "OK",
      "OK",
      "FORBIDDEN",
      "FORBIDDEN",
    ]);
    const page = await ada.client.get(at(open, "messages"));
    assert.equal(page.body.messages[0].content, "1");
  });

  test("in a path counts by what it is for: no number is no message, no emoji counts after the room", async () => {
    const open = await newRoom("public");
    const closed = await newRoom("private");
    for (const part of ["0", "-1", "1.5", "x", "01", "%00", "99999999999"]) {
      for (const { method, path, body } of acts) {
        const { status, body: answer } = await ada.client.request(method, at(open, path(part)), {
          body,
        });
        assert.deepEqual(
          [status, answer.code],
          [404, "MESSAGE_NOT_FOUND"],
          `${method} ${path(part)}`,
        );
      }
    }
    const people = `👨‍👩‍👧‍👦`.repeat(6);
    for (const emoji of [
      "1",
      "#",
      "*",
      "a",
      "é",
      "👍👍",
      ":A:",
      "::",
      "-",
      "❤\ufe0e",
      people,
      "👍\0",
    ]) {
      const path = `messages/1/reactions/${encodeURIComponent(emoji)}`;
      for (const method of ["PUT", "DELETE", "GET"]) {
        const bad = await ada.client.request(method, at(open, path));
        assert.equal(bad.status, 400, `${method} ${emoji}`);
        assert.deepEqual(bad.body.details[0].path, "emoji");
        const secret = await eve.client.request(method, at(closed, path));
        assert.equal(secret.body.code, "ROOM_NOT_FOUND");
      }
    }
    assert.equal((await eve.client.get(at(open, thumbsOf(1)))).status, 200, "anybody may look");
    assert.equal((await eve.client.get(at(open, thumbsOf(9)))).body.code, "MESSAGE_NOT_FOUND");
    assert.equal((await eve.client.get(at(closed, "pins"))).body.code, "ROOM_NOT_FOUND");
  });
});
