import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shared } from "#tools/rig/shared.ts";
import { disconnected, next } from "#tools/rig/sockets.ts";
import { collect, range, startServices } from "./harness/services.ts";
import { join, send } from "./harness/talk.ts";

const services = await shared(startServices());
const ada = await services.auth.newUser("Ada Lovelace");
const bob = await services.auth.newUser("Bob Dylan");

describe("messages", () => {
  test("reach every joined socket, the sender's too, and repeats nobody", async () => {
    const roomId = await services.newRoom([ada, bob]);
    const [one, two] = [await services.connect(ada), await services.connect(bob)];
    await Promise.all([join(one, roomId), join(two, roomId)]);
    const [seenByOne, seenByTwo] = [collect(one), collect(two)];
    const draft = { roomId, content: "first", clientMessageId: "c-1", metadata: { b: 1, a: 2 } };
    const first = await one.emitWithAck("send_message", draft);
    assert.ok(first.success && !("duplicate" in first));
    const again = await one.emitWithAck("send_message", { ...draft, content: "other" });
    assert.deepEqual(again, { ...first, duplicate: true });
    await one.emitWithAck("send_message", { roomId, content: "second" });
    await seenByOne.until(2);
    await seenByTwo.until(2);
    assert.deepEqual(
      [seenByOne.seqs, seenByTwo.seqs],
      [
        [1, 2],
        [1, 2],
      ],
    );
  });

  test("end with leave_room, and the membership stays", async () => {
    const roomId = await services.newRoom([ada, bob]);
    const socket = await services.connect(ada);
    await join(socket, roomId);
    const got = collect(socket);
    assert.deepEqual(await socket.emitWithAck("leave_room", { roomId }), { success: true });
    await send(services, bob, roomId, 3);
    const again = await join(socket, roomId, 0);
    assert.deepEqual([got.seqs, again.seqs], [[], [1, 2, 3]]);
    assert.equal(again.room.memberCount, 2);
  });

  test("leave_room of a socket that goes at once is no fault of the service", async () => {
    const roomId = await services.newRoom([ada]);
    // The log of the services, which the end looks through, has no error.
    for (let i = 0; i < 20; i++) {
      const socket = await services.connect(ada);
      socket.emit("join_room", { roomId }, () => undefined);
      socket.emit("leave_room", { roomId });
      socket.emit("leave_room", { roomId });
      socket.disconnect();
    }
  });

  test("typing reaches the others, by the name that stands beside messages", async () => {
    const roomId = await services.newRoom([ada, bob]);
    const [one, other, two] = [
      await services.connect(ada),
      await services.connect(ada),
      await services.connect(bob),
    ];
    for (const socket of [one, other, two]) await join(socket, roomId);
    const own: string[] = [];
    for (const socket of [one, other]) socket.onAny((event) => own.push(event));
    const started = next(two, "typing_start");
    assert.deepEqual(await one.emitWithAck("typing_start", { roomId }), { success: true });
    assert.deepEqual(await started, { roomId, userId: ada.id, username: "Ada Lovelace" });
    const stopped = next(two, "typing_stop");
    one.emit("typing_stop", { roomId });
    await stopped;
    await other.emitWithAck("leave_room", { roomId });
    assert.deepEqual(own, []);
  });
});

test("a second instance delivers through the store, in order", async () => {
  await using another = await services.startAnother();
  const roomId = await services.newRoom([ada, bob]);
  const here = await services.connect(ada);
  const there = await services.connect(bob, { url: another.httpUrl });
  await Promise.all([join(here, roomId), join(there, roomId)]);
  const [seenHere, seenThere] = [collect(here), collect(there)];
  await Promise.all(
    range(1, 30).map((n) =>
      (n % 2 ? here : there).emitWithAck("send_message", { roomId, content: `${n}` }),
    ),
  );
  await Promise.all([seenHere.until(30), seenThere.until(30)]);
  assert.deepEqual(seenHere.seqs, range(1, 30));
  assert.deepEqual(seenThere.seqs, range(1, 30));
  const closed = disconnected(there);
  await another[Symbol.asyncDispose]();
  assert.equal(await closed, "transport close");
});
