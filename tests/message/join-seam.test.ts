import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#common/log.ts";
import { openPostgresStore } from "#message/store/postgres/store.ts";
import { shared } from "#tools/rig/shared.ts";
import { next, startServices } from "./harness/services.ts";

const services = await shared(startServices());

test("a change isn't lost that comes between a join's reading and a message that goes out with it", async () => {
  const [ada, bob] = [await services.auth.newUser("Ada"), await services.auth.newUser("Bob")];
  const roomId = await services.newRoom([ada, bob]);
  const { messages } = services.rpc(ada);
  const opened = await openPostgresStore(services.database.url, createLogger("message", "silent"));
  /** Without Redis an instance hears of messages by these alone. */
  let mayPoll = Promise.resolve();
  let onRead = async () => {};
  const slow = {
    ...opened,
    async positions(roomIds: readonly string[]) {
      await mayPoll;
      return opened.positions(roomIds);
    },
    async readMissed(...asked: Parameters<typeof opened.readMissed>) {
      const missed = await opened.readMissed(...asked);
      await onRead();
      return missed;
    },
  };
  await using instance = await services.startAnother({}, { store: slow });
  const url = instance.httpUrl;
  const there = await services.connect(bob, { url });
  await there.emitWithAck("join_room", { roomId });
  const joining = await services.connect(bob, { url });
  const picture = new Map<number, string>();
  joining.on("new_message", ({ seq, content }) => void picture.set(seq, content));
  joining.on("message_changed", ({ message }) => {
    if (message) picture.set(message.seq, message.content);
  });

  const poll = Promise.withResolvers<void>();
  mayPoll = poll.promise;
  await messages.sendMessage({ roomId, content: "one" });
  onRead = async () => {
    onRead = async () => {};
    await messages.editMessage({ roomId, seq: 1, content: "one, edited" });
    const heard = next(there, "new_message");
    poll.resolve();
    assert.equal((await heard).revision, 1);
  };
  const ack = await joining.emitWithAck("join_room", { roomId, afterSeq: 0, afterRevision: 0 });
  assert.ok(ack.success);
  for (const message of [...ack.messages, ...ack.changes])
    picture.set(message.seq, message.content);
  const last = next(joining, "new_message");
  await messages.sendMessage({ roomId, content: "two" });
  await last;
  assert.deepEqual(
    [...picture],
    [
      [1, "one, edited"],
      [2, "two"],
    ],
  );
});
