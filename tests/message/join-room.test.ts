import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { shared } from "#tools/rig/shared.ts";
import { next } from "#tools/rig/sockets.ts";
import { unchanged } from "#tools/rig/unchanged.ts";
import { collect, range, startServices, type TestSocket } from "./harness/services.ts";
import { join, send } from "./harness/talk.ts";

const services = await shared(startServices());
const ada = await services.auth.newUser("Ada Lovelace");
const bob = await services.auth.newUser("Bob Dylan");

describe("join_room", () => {
  test("answers the room and the newest fifty, and makes one a member", async () => {
    const roomId = await services.newRoom([ada]);
    const socket = await services.connect(bob);
    const empty = await join(socket, roomId);
    assert.deepEqual(empty.messages, []);
    assert.equal(empty.hasMore, false);
    assert.equal("reset" in empty, false);
    assert.deepEqual(empty.room.members, [ada.id, bob.id]);
    await send(services, bob, roomId, 50);
    assert.equal((await join(socket, roomId)).hasMore, false);
    await send(services, bob, roomId, 5);
    const full = await join(socket, roomId);
    assert.deepEqual(full.seqs, range(6, 55));
    assert.equal(full.hasMore, true);
    const { createdAt, updatedAt, id, ...first } = full.messages[0] ?? assert.fail();
    assert.equal(createdAt, updatedAt);
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.deepEqual(first, {
      userId: bob.id,
      username: "Bob Dylan",
      roomId,
      content: "hello",
      messageType: "text",
      metadata: null,
      seq: 6,
      clientMessageId: null,
      ...unchanged,
    });
  });

  test("after a seq answers what was missed, page by page", async () => {
    const roomId = await services.newRoom([ada]);
    await send(services, ada, roomId, 250);
    const socket = await services.connect(ada);
    const first = await join(socket, roomId, 10);
    assert.deepEqual(first.seqs, range(11, 210));
    assert.equal(first.hasMore, true);
    const early = await socket.emitWithAck("send_message", { roomId, content: "not yet" });
    assert.equal(early.success === false && early.code, "NOT_IN_ROOM");
    const second = await join(socket, roomId, 210);
    assert.deepEqual(second.seqs, range(211, 250));
    assert.equal(second.hasMore, false);
    const none = await join(socket, roomId, 250);
    assert.deepEqual([none.seqs, none.hasMore], [[], false]);
    const beyond = await join(socket, roomId, 251);
    assert.deepEqual([beyond.seqs, beyond.hasMore, beyond.reset], [range(201, 250), false, true]);
    const ack = await socket.emitWithAck("send_message", { roomId, content: "now" });
    assert.ok(ack.success);
  });

  test("answers at most 256 KiB of what was missed, and at least one message", async () => {
    const roomId = await services.newRoom([ada]);
    await send(services, ada, roomId, 40, "😀".repeat(4_000));
    const socket = await services.connect(ada);
    const seen: number[] = [];
    for (let hasMore = true; hasMore; ) {
      const page = await join(socket, roomId, seen.at(-1) ?? 0);
      assert.ok(Buffer.byteLength(JSON.stringify(page.messages)) <= 256 * 1024);
      assert.ok(page.seqs.length > 0);
      seen.push(...page.seqs);
      hasMore = page.hasMore;
    }
    assert.deepEqual(seen, range(1, 40));
  });

  test("meets live delivery without a seam, under load", async () => {
    const roomId = await services.newRoom([ada, bob]);
    let isWriting = true;
    const writing = [ada, bob].map(async (user) => {
      const { messages } = services.rpc(user);
      while (isWriting) {
        await Promise.all(range(1, 8).map(() => messages.sendMessage({ roomId, content: "x" })));
      }
    });
    const sockets: TestSocket[] = [];
    const seen: number[][] = [];
    for (const i of range(1, 12)) {
      const socket = await services.connect(i % 2 ? ada : bob, {
        transports: i % 3 ? ["websocket"] : ["polling"],
      });
      sockets.push(socket);
      const seqs: number[] = [];
      seen.push(seqs);
      socket.on("new_message", ({ seq }) => seqs.push(seq));
      // Joined again and again, also while joined: each answer begins anew.
      for (const _ of range(1, 4)) {
        const before = seqs.length;
        const ack = await new Promise<number[]>((resolve) => {
          socket.emit("join_room", { roomId, afterSeq: 0xffff_ffff }, (answer) => {
            assert.ok(answer.success);
            // Whatever came before the answer is in it.
            const got = answer.messages.map((it) => it.seq);
            const last = got.at(-1) ?? 0;
            assert.ok(seqs.slice(before).every((seq) => seq <= last));
            seqs.splice(0, seqs.length, ...got);
            resolve(got);
          });
        });
        assert.ok(ack.length <= 50);
        await next(socket, "new_message");
      }
    }
    isWriting = false;
    await Promise.all(writing);
    const { pagination } = await services.rpc(ada).messages.listMessages({ roomId });
    const total = pagination?.totalItems ?? 0;
    await Promise.all(
      sockets.map(async (socket, i) => {
        while ((seen[i]?.at(-1) ?? 0) < total) await next(socket, "new_message");
      }),
    );
    for (const seqs of seen) assert.deepEqual(seqs, range(seqs[0] ?? 0, total));
  });

  test("needn't be waited for before sending", async () => {
    const roomId = await services.newRoom([ada]);
    const socket = await services.connect(ada);
    const got = collect(socket);
    socket.emit("join_room", { roomId }, () => undefined);
    const acks = await Promise.all(
      range(1, 20).map((n) => socket.emitWithAck("send_message", { roomId, content: `${n}` })),
    );
    for (const [i, ack] of acks.entries()) assert.ok(ack.success && ack.data.seq === i + 1);
    await got.until(20);
    assert.deepEqual(got.seqs, range(1, 20));
  });

  test("of rooms that aren't there or are private fails alike", async () => {
    const secret = await services.newRoom([ada], RoomType.PRIVATE);
    const socket = await services.connect(bob);
    for (const roomId of [secret, "0123456789abcdef01234567", "nonsense", "' or 1=1 --"]) {
      const refused = { success: false, code: "ROOM_NOT_FOUND", message: "Room not found" };
      assert.deepEqual(await socket.emitWithAck("join_room", { roomId }), refused);
      const sent = await socket.emitWithAck("send_message", { roomId, content: "x" });
      assert.deepEqual(sent, refused);
    }
  });
});
