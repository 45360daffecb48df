import assert from "node:assert/strict";
import { test } from "node:test";
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

test("mentions by REST and by socket", async () => {
  const { room } = (await ada.client.post("/api/rooms", { name: "R", roomType: "private" })).body;
  await ada.client.post(`/api/rooms/${room.id}/members`, { userId: bob.id });
  const at = `/api/rooms/${room.id}/messages`;
  const socket = await connectSocket(platform.messageUrl, bob);
  const named = next(socket, "mentioned");
  const mentions = [bob.id, eve.id, ada.id];
  const first = await ada.client.post(at, { content: "@Bob", mentions });
  assert.equal(first.status, 201);
  assert.deepEqual([first.body.data.mentions, first.body.data.mentionsRoom], [[bob.id], false]);
  assert.deepEqual(await named, { message: first.body.data });

  const sender = await connectSocket(platform.messageUrl, ada);
  await sender.emitWithAck("join_room", { roomId: room.id });
  const all = next(socket, "mentioned");
  const ack = await sender.emitWithAck("send_message", {
    ...{ roomId: room.id, content: "all of you", mentionsRoom: true },
  });
  assert.ok(ack.success);
  assert.deepEqual(await all, { message: ack.data });
  assert.deepEqual([ack.data.mentions, ack.data.mentionsRoom], [[], true]);

  const newest = await bob.client.get("/api/mentions?limit=1");
  const { nextCursor, ...page } = newest.body;
  assert.deepEqual(
    [newest.status, page],
    [200, { success: true, message: "Mentions retrieved successfully", messages: [ack.data] }],
  );
  const { body } = await bob.client.get(`/api/mentions?cursor=${nextCursor}`);
  assert.deepEqual([body.messages, body.nextCursor], [[first.body.data], null]);
  assert.deepEqual((await ada.client.get("/api/mentions")).body.messages, []);
  const [listed] = (await bob.client.get("/api/rooms")).body.rooms;
  assert.deepEqual([listed.membership.mentionCount, listed.membership.unreadCount], [2, 2]);
  for (const one of [socket, sender]) one.disconnect();
});

test("what can't be a mention, or a page of them, is refused", async () => {
  const { room } = (await ada.client.post("/api/rooms", { name: "R" })).body;
  const bodies = [
    { mentions: "1" },
    { mentions: [1] },
    { mentions: [""] },
    { mentions: Array.from({ length: 21 }, (_, i) => String(i)) },
    { mentionsRoom: "yes" },
  ];
  for (const more of bodies) {
    const path = `/api/rooms/${room.id}/messages`;
    const answer = await ada.client.post(path, { content: "x", ...more });
    assert.deepEqual([answer.status, answer.body.code], [400, "VALIDATION_FAILED"]);
  }
  for (const query of ["limit=0", "limit=101", "limit=x", "cursor=", "cursor=-1", "cursor=a"]) {
    const answer = await ada.client.get(`/api/mentions?${query}`);
    assert.deepEqual([answer.status, answer.body.code], [400, "VALIDATION_FAILED"], query);
  }
  const far = await ada.client.get("/api/mentions?cursor=999999999999999");
  assert.equal(far.status, 200);
});
