import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, next } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const [ada, bob, eve] = [
  await registerUser(platform, "Ada"),
  await registerUser(platform, "Bob"),
  await registerUser(platform, "Eve"),
];

describe("a block", () => {
  test("is made, listed and ended", async () => {
    const path = `/api/users/${bob.id}/block`;
    for (let times = 0; times < 2; times++) {
      const made = await ada.client.put(path);
      assert.deepEqual([made.status, made.body], [200, { success: true, message: "User blocked" }]);
    }
    const listed = await ada.client.get("/api/blocks");
    assert.deepEqual(
      [listed.status, listed.body],
      [
        200,
        {
          success: true,
          message: "Blocks retrieved successfully",
          users: [{ userId: bob.id, username: bob.username, name: bob.name }],
        },
      ],
    );
    assert.deepEqual((await bob.client.get("/api/blocks")).body.users, []);
    for (let times = 0; times < 2; times++) {
      const ended = await ada.client.delete(path);
      assert.deepEqual([ended.status, ended.body.message], [200, "User unblocked"]);
    }
    assert.deepEqual((await ada.client.get("/api/blocks")).body.users, []);
  });

  test("is of somebody else, who is there", async () => {
    for (const method of ["put", "delete"] as const) {
      const own = await ada.client[method](`/api/users/${ada.id}/block`);
      assert.deepEqual([own.status, own.body.details?.[0]?.path], [400, "userId"]);
    }
    for (const id of ["0", "999999999", "nobody", "%00", "🙂"]) {
      const answer = await ada.client.put(`/api/users/${id}/block`);
      assert.deepEqual([answer.status, answer.body.code], [404, "USER_NOT_FOUND"], id);
    }
  });

  test("hides from who is blocked that one types", async () => {
    const roomId = (await ada.client.post("/api/rooms", { name: "Typing" })).body.room.id;
    const join = async (user: typeof ada) => {
      const socket = await connectSocket(platform.messageUrls[0] ?? "", user);
      assert.ok((await socket.emitWithAck("join_room", { roomId })).success);
      return socket;
    };
    const [typist, blocked, other] = [await join(ada), await join(bob), await join(eve)];
    const heard: string[] = [];
    // Their own read mark, which their message moves, is theirs to hear.
    blocked.onAny((event: string) => event !== "read_marked" && heard.push(event));
    const say = async (event: "typing_start" | "typing_stop") => {
      const seen = next(other, event);
      assert.ok((await typist.emitWithAck(event, { roomId })).success);
      await seen;
    };
    await say("typing_start");
    await ada.client.put(`/api/users/${bob.id}/block`);
    await say("typing_start");
    await say("typing_stop");
    await say("typing_start");
    await say("typing_stop");
    await bob.client.post(`/api/rooms/${roomId}/messages`, { content: "still heard" });
    await ada.client.delete(`/api/users/${bob.id}/block`);
    await say("typing_start");
    await say("typing_stop");
    assert.deepEqual(heard, [
      ...["typing_start", "typing_stop"],
      "new_message",
      ...["typing_start", "typing_stop"],
    ]);
  });
});
