import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RoomType } from "#gen/aetherconnect/message/v1/room_pb.ts";
import type { MessageOut } from "#gen/socket-events.ts";
import { noteSecret } from "#tools/rig/log.ts";
import { startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { shared } from "#tools/rig/shared.ts";
import { createPicture } from "./harness/picture.ts";
import {
  next,
  range,
  type Services,
  startServices,
  type TestSocket,
  type TestUser,
} from "./harness/services.ts";
import { join, send } from "./harness/talk.ts";
import { inGroups } from "./store-suite-drafts.ts";

const services = await shared(startServices());
const another = await shared(services.startAnother());
const ada = await services.auth.newUser("Ada Lovelace");
const bob = await services.auth.newUser("Bob Dylan");

/** A room as it is stored. */
async function stored(of: Services, user: TestUser, roomId: string): Promise<MessageOut[]> {
  const socket = await of.connect(user);
  const all: MessageOut[] = [];
  for (let hasMore = true; hasMore; ) {
    const page = await join(socket, roomId, all.length);
    all.push(...page.messages);
    hasMore = page.hasMore;
  }
  socket.disconnect();
  return all;
}

/** Does something to a room's messages, of which there are `count`; what is refused is no matter. */
async function act(socket: TestSocket, roomId: string, nth: number, count: number) {
  const seq = 1 + ((nth * 7) % count);
  const emoji = nth % 3 ? "👍" : "🎉";
  switch (nth % 8) {
    case 0:
      return socket.emitWithAck("send_message", { roomId, content: `sent ${nth}` });
    case 5:
      return socket.emitWithAck("remove_reaction", { roomId, seq, emoji });
    case 7:
      return nth % 5 ? undefined : socket.emitWithAck("delete_message", { roomId, seq });
    case 1:
    case 4:
      return socket.emitWithAck("add_reaction", { roomId, seq, emoji });
    default:
      return socket.emitWithAck("edit_message", { roomId, seq, content: `edited ${nth}` });
  }
}

describe("message_changed", () => {
  test("says what was done by whom, and comes after the acknowledgement's turn in order", async () => {
    const roomId = await services.newRoom([ada, bob], RoomType.PRIVATE);
    await send(services, ada, roomId, 1);
    const [one, two] = [await services.connect(ada), await services.connect(bob)];
    const pictures = [createPicture(roomId), createPicture(roomId)];
    for (const [i, socket] of [one, two].entries()) {
      pictures[i]?.listen(socket);
      await pictures[i]?.join(socket);
    }
    const target = { roomId, seq: 1 };
    const content = "not for the log, 4h2k";
    noteSecret(content);
    await one.emitWithAck("edit_message", { ...target, content });
    await one.emitWithAck("edit_message", { ...target, content });
    await two.emitWithAck("add_reaction", { ...target, emoji: "👍" });
    await services.rpc(bob).messages.pinMessage(target);
    await services.rpc(ada).messages.unpinMessage(target);
    await one.emitWithAck("delete_message", target);
    const end = await stored(services, ada, roomId);
    for (const picture of pictures) {
      await picture.until(end);
      assert.deepEqual(
        picture.changes.map(({ change, userId, message }) => [change, userId, message.revision]),
        [
          ["edited", ada.id, 1],
          ["reacted", bob.id, 2],
          ["pinned", bob.id, 3],
          ["pinned", ada.id, 4],
          ["deleted", ada.id, 5],
        ],
      );
    }
    const [last] = pictures[0]?.changes.slice(-1) ?? [];
    assert.deepEqual([last?.message.content, last?.message.deletedBy], ["", ada.id]);
  });

  for (const [name, hasRedis] of [
    ["without Redis", false],
    ["with Redis", true],
  ] as const) {
    const skip = hasRedis && withoutRedis;
    test(`reaches every instance in order, each once, never before its message, ${name}`, {
      skip,
    }, async () => {
      await using redis = hasRedis ? await startRedis() : undefined;
      const config = redis && { redisUrl: redis.url };
      const instances = redis
        ? [await services.startAnother(config), await services.startAnother(config)]
        : [services.message, another];
      const roomId = await services.newRoom([ada, bob]);
      await send(services, ada, roomId, 3);
      const pictures = await Promise.all(
        instances.map(async ({ httpUrl: url }, i) => {
          const socket = await services.connect(i ? bob : ada, { url });
          const picture = createPicture(roomId);
          picture.listen(socket);
          await picture.join(socket);
          return { picture, socket };
        }),
      );
      await Promise.all(
        pictures.map(async ({ socket }, i) => {
          for (const nth of range(1, 60)) await act(socket, roomId, nth, 3);
          // An edit of what has just been sent, by an instance that may not have heard of it.
          const other = services.rpc(i ? bob : ada, instances[1 - i]?.rpcUrl);
          for (const _ of range(1, 3)) {
            const sent = await socket.emitWithAck("send_message", { roomId, content: "first" });
            assert.ok(sent.success);
            await other.messages.editMessage({ roomId, seq: sent.data.seq, content: "second" });
          }
        }),
      );
      const end = await stored(services, ada, roomId);
      await Promise.all(pictures.map(({ picture }) => picture.until(end)));
      if (redis) for (const instance of instances) await instance[Symbol.asyncDispose]();
    });
  }
});

describe("join_room after a revision", () => {
  test("answers what has changed among what one has, and what is new, as it is", async () => {
    const roomId = await services.newRoom([ada, bob]);
    await send(services, ada, roomId, 4);
    const { messages } = services.rpc(ada);
    await messages.editMessage({ roomId, seq: 1, content: "a" });
    await messages.editMessage({ roomId, seq: 2, content: "b" });
    await messages.editMessage({ roomId, seq: 1, content: "c" });
    await messages.editMessage({ roomId, seq: 4, content: "d" });
    const socket = await services.connect(bob);
    const ask = async (since: { afterSeq?: number; afterRevision?: number }) => {
      const ack = await socket.emitWithAck("join_room", { roomId, ...since });
      assert.ok(ack.success, JSON.stringify(ack));
      const { room, hasMore, reset = false } = ack;
      const numbers = (list: MessageOut[]) => list.map(({ seq, revision }) => [seq, revision]);
      return {
        messages: numbers(ack.messages),
        changes: numbers(ack.changes),
        ...{ hasMore, reset, lastRevision: room.lastRevision },
      };
    };
    const whole = { hasMore: false, reset: false, lastRevision: 4 };
    const all = [
      [1, 3],
      [2, 2],
      [3, 0],
      [4, 4],
    ];
    assert.deepEqual(await ask({}), { messages: all, changes: [], ...whole });
    assert.deepEqual(await ask({ afterSeq: 0, afterRevision: 0 }), {
      messages: all,
      changes: [],
      ...whole,
    });
    assert.deepEqual(await ask({ afterSeq: 3, afterRevision: 0 }), {
      messages: [[4, 4]],
      changes: [
        [2, 2],
        [1, 3],
      ],
      ...whole,
    });
    assert.deepEqual(await ask({ afterSeq: 4, afterRevision: 3 }), {
      messages: [],
      changes: [[4, 4]],
      ...whole,
    });
    assert.deepEqual(await ask({ afterSeq: 4 }), { messages: [], changes: [], ...whole });
    for (const beyond of [
      { afterSeq: 4, afterRevision: 5 },
      { afterSeq: 5, afterRevision: 4 },
    ]) {
      const answer = await ask(beyond);
      assert.deepEqual(answer, { messages: all, changes: [], ...whole, reset: true });
    }
    const refused = await socket.emitWithAck("join_room", { roomId, afterRevision: 1 });
    assert.deepEqual(refused, {
      ...{ success: false, code: "VALIDATION_FAILED", message: "Validation failed" },
      details: [{ path: "afterRevision", message: "needs afterSeq" }],
    });
  });

  test("answers two hundred of both together, and 256 KiB", async () => {
    const roomId = await services.newRoom([ada]);
    await send(services, ada, roomId, 210);
    const { messages } = services.rpc(ada);
    await inGroups(range(1, 100), (seq) => messages.addReaction({ roomId, seq, emoji: "👍" }));
    const socket = await services.connect(ada);
    const counts = async (afterSeq: number, afterRevision: number) => {
      const ack = await socket.emitWithAck("join_room", { roomId, afterSeq, afterRevision });
      assert.ok(ack.success);
      return [ack.changes.length, ack.messages.length, ack.hasMore];
    };
    assert.deepEqual(await counts(100, 0), [100, 100, true]);
    const early = await socket.emitWithAck("typing_start", { roomId });
    assert.equal(early.success === false && early.code, "NOT_IN_ROOM", "not joined yet");
    assert.deepEqual(await counts(200, 100), [0, 10, false]);
    assert.deepEqual(await counts(210, 0), [100, 0, false]);
    const content = "😀".repeat(4_000);
    await inGroups(range(1, 20), (seq) => messages.editMessage({ roomId, seq, content }));
    const [count = 0, , hasMore] = await counts(210, 100);
    assert.ok(Number(count) > 0 && Number(count) < 20 && hasMore);
  });

  test("gives who comes and goes the whole picture, whatever is done meanwhile", async () => {
    const roomId = await services.newRoom([ada, bob]);
    await send(services, ada, roomId, 5);
    let isActing = true;
    const acting = [ada, bob].map(async (user, i) => {
      const url = i ? another.httpUrl : services.message.httpUrl;
      const socket = await services.connect(user, { url });
      await join(socket, roomId);
      for (let nth = 1 + i; isActing; nth += 1 + i) await act(socket, roomId, nth, 5);
    });
    const picture = createPicture(roomId);
    for (const visit of range(1, 12)) {
      const url = visit % 2 ? another.httpUrl : services.message.httpUrl;
      const transports = visit % 3 ? ["websocket"] : ["polling"];
      const socket = await services.connect(bob, { url, transports });
      picture.listen(socket);
      await picture.join(socket);
      for (const _ of range(1, visit % 4)) await next(socket, "message_changed");
      // Joined again while joined: what goes out meanwhile neither is lost nor comes twice.
      if (visit % 4 === 1) await picture.join(socket);
      socket.removeAllListeners();
      socket.disconnect();
    }
    isActing = false;
    await Promise.all(acting);
    const socket = await services.connect(bob);
    await picture.join(socket);
    assert.deepEqual(picture.messages(), await stored(services, ada, roomId));
  });
});
