import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { connectSocket } from "#tools/rig/sockets.ts";
import { registerUser, type TestUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
/** Four bytes each in UTF-8. */
const letters = (count: number) => "\u{10428}".repeat(count);
/** In protobuf a number takes 11 bytes for its 2 of JSON. */
const metadata = { a: Array.from({ length: 2_044 }, () => 0) };
const copies = 101;
let ada: TestUser;
let roomId: string;
let path: string;

/** The largest message there can be, as a reply, a hundred times over, and a pin of fifty. */
before(async () => {
  // Ids as long as they can get.
  await platform.database.query("alter table auth.users alter id restart with 100000000000000000");
  ada = await registerUser(platform, letters(100));
  const body = { name: "R", roomType: "private" };
  roomId = (await ada.client.post("/api/rooms", body)).body.room.id;
  path = `/api/rooms/${roomId}/messages`;
  await ada.client.post(path, { content: "root" });
  const clientMessageId = "x".repeat(64);
  const largest = { content: letters(4_000), metadata, clientMessageId, replyTo: 1 };
  assert.equal((await ada.client.post(path, largest)).status, 201);
  const members = [ada];
  while (members.length < 20) members.push(await registerUser(platform));
  for (const { id } of members.slice(1)) {
    await ada.client.post(`/api/rooms/${roomId}/members`, { userId: id });
  }
  for (let n = 0; n < 20; n++) {
    const emoji = `:${"x".repeat(30)}${n + 10}:`;
    await Promise.all(
      members.map((it) => it.client.put(`${path}/2/reactions/${encodeURIComponent(emoji)}`, {})),
    );
  }
  await ada.client.put(`/api/rooms/${roomId}/pins/2`, {});
  await platform.database.query(`
    insert into message.messages
    select (jsonb_populate_record(m, jsonb_build_object(
      'seq', n, 'id', lpad(to_hex(n), 24, '0'), 'send_key', n || repeat('x', 60),
      'revision', m.revision + n,
      'changes', jsonb_set(m.changes::jsonb, '{revision}', to_jsonb(m.revision + n))::text,
      'pinned_at', case when n < 52 then m.pinned_at end))).*
    from message.messages m, generate_series(3, ${copies}) n where seq = 2`);
  await platform.database.query(`
    update message.rooms set last_seq = ${copies}, last_revision = last_revision + ${copies}
    where last_seq = 2`);
});

describe("answers with the largest messages", () => {
  for (const query of ["page=1", `before=${copies + 1}`, "after=1", "changedSince=0", "thread=1"]) {
    test(`a page by ${query}`, async () => {
      const { status, body } = await ada.client.get(`${path}?limit=100&${query}`);
      assert.equal(status, 200);
      assert.equal(body.messages.length, 100);
      const { content, reactions } = body.messages[50];
      assert.deepEqual([content.length, reactions.length, reactions[0].count], [8_000, 20, 20]);
    });
  }

  test("the pins of a room", async () => {
    const { status, body } = await ada.client.get(`/api/rooms/${roomId}/pins`);
    assert.deepEqual([status, body.messages?.length], [200, 50]);
  });

  test("a page by RPC", async () => {
    const baseUrl = platform.messageRpcUrl;
    const { email, password } = ada;
    const { accessToken } = (await ada.client.post("/api/auth/login", { email, password })).body;
    const headers = { authorization: `Bearer ${accessToken}` };
    for (const useBinaryFormat of [true, false]) {
      const transport = createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat });
      const client = createClient(MessageService, transport);
      const { messages } = await client.listMessages({ roomId, limit: 100 }, { headers });
      assert.equal(messages.length, 100);
    }
  });

  test("the newest by a socket, and all that was missed", async () => {
    const socket = await connectSocket(platform.messageUrl, ada);
    const newest = await socket.emitWithAck("join_room", { roomId });
    assert.ok(newest.success);
    assert.equal(newest.messages.length, 50);
    const seen = new Set<number>();
    for (let [afterSeq, afterRevision, hasMore] = [1, 0, true]; hasMore; ) {
      const ack = await socket.emitWithAck("join_room", { roomId, afterSeq, afterRevision });
      assert.ok(ack.success);
      assert.ok(ack.messages.length + ack.changes.length <= 10, "256 KiB at most");
      for (const { seq } of ack.messages) seen.add(seq);
      afterSeq = ack.messages.at(-1)?.seq ?? afterSeq;
      afterRevision = ack.changes.at(-1)?.revision ?? afterRevision;
      hasMore = ack.hasMore;
    }
    assert.equal(seen.size, copies - 1);
    socket.disconnect();
  });
});
