import assert from "node:assert/strict";
import { test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket, next } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const [ada, eve] = [await registerUser(platform, "Ada"), await registerUser(platform, "Eve")];

test("a thread by REST and by socket", async () => {
  const { room } = (await ada.client.post("/api/rooms", { name: "R", roomType: "private" })).body;
  const at = `/api/rooms/${room.id}/messages`;
  await ada.client.post(at, { content: "root" });
  const socket = await connectSocket(platform.messageUrl, ada);
  await socket.emitWithAck("join_room", { roomId: room.id });
  const heard = next(socket, "new_message");
  const sent = await ada.client.post(at, { content: "by REST", replyTo: 1 });
  assert.deepEqual([sent.status, sent.body.data.replyTo, sent.body.data.threadSeq], [201, 1, 1]);
  assert.deepEqual(await heard, sent.body.data);
  const ack = await socket.emitWithAck("send_message", {
    ...{ roomId: room.id, content: "by socket", replyTo: 2 },
  });
  assert.ok(ack.success);
  assert.equal(ack.data.threadSeq, 1);

  const page = await ada.client.get(`${at}?thread=1&limit=1`);
  assert.deepEqual(page.body, {
    success: true,
    message: "Message history retrieved successfully",
    messages: [ack.data],
    pagination: {
      ...{ currentPage: null, totalPages: null, totalItems: 2, itemsPerPage: 1 },
      ...{ hasNext: true, hasPrevious: false },
    },
  });
  const [root] = (await ada.client.get(`${at}?before=2`)).body.messages;
  assert.deepEqual(
    [root.replyCount, root.lastReplyAt, root.replyTo, root.threadSeq, root.revision],
    [2, ack.data.createdAt, null, null, 0],
  );

  const failures = {
    [`${at}?thread=9`]: [404, "MESSAGE_NOT_FOUND"],
    [`${at}?thread=1&page=1`]: [400, "VALIDATION_FAILED"],
    [`${at}?thread=1&changedSince=0`]: [400, "VALIDATION_FAILED"],
    [`${at}?thread=0`]: [400, "VALIDATION_FAILED"],
  };
  for (const [path, expected] of Object.entries(failures)) {
    const { status, body } = await ada.client.get(path);
    assert.deepEqual([status, body.code], expected, path);
  }
  const foreign = await eve.client.get(`${at}?thread=9`);
  assert.deepEqual([foreign.status, foreign.body.code], [404, "ROOM_NOT_FOUND"]);
  const future = await ada.client.post(at, { content: "x", replyTo: 4 });
  assert.deepEqual([future.status, future.body.code], [404, "MESSAGE_NOT_FOUND"]);
  const refused = await socket.emitWithAck("send_message", {
    ...{ roomId: room.id, content: "x", replyTo: 99 },
  });
  assert.equal(refused.success || refused.code, "MESSAGE_NOT_FOUND");
  socket.disconnect();
});
