import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChatError } from "#sdk";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { signUp, until } from "./people.ts";

describe("two people", async () => {
  const platform = await shared(startPlatform());

  test("chat, edit, react, read and search", async () => {
    await using ada = await signUp(platform.gatewayUrl, "Ada");
    await using bob = await signUp(platform.gatewayUrl, "Bob");
    const info = await ada.chat.rooms.create({ name: "Garden", roomType: "private" });
    await ada.chat.call.addMember({ roomId: info.id, userId: bob.user.id });
    const [its, theirs] = await Promise.all([
      ada.chat.rooms.open(info.id),
      bob.chat.rooms.open(info.id),
    ]);
    const sending = its.send("Hello");
    assert.deepEqual(
      its.getSnapshot().messages.map(({ content, status }) => [content, status]),
      [["Hello", "pending"]],
    );
    const sent = await sending;
    assert.equal(sent.seq, 1);
    const heard = await until(theirs, ({ messages }) => messages[0]);
    assert.equal(heard.content, "Hello");
    assert.equal(theirs.getSnapshot().firstUnreadSeq, 1);
    assert.equal(theirs.getSnapshot().room?.membership?.unreadCount, 1);
    await theirs.react(1, "👍");
    await until(its, ({ messages }) => messages[0]?.reactions[0]?.count === 1);
    await its.edit(1, "Hello, Bob");
    await until(theirs, ({ messages }) => messages[0]?.content === "Hello, Bob");
    await theirs.markRead();
    assert.equal(theirs.getSnapshot().firstUnreadSeq, null);
    await until(its, ({ reads }) => reads[bob.user.id] === 1);
    await theirs.delete(1).then(
      () => assert.fail("somebody else's message"),
      (error) => assert.equal(error instanceof ChatError && error.code, "FORBIDDEN"),
    );
    assert.equal(theirs.getSnapshot().messages[0]?.status, "failed");
    const { messages } = await ada.chat.search("bob");
    assert.equal(messages[0]?.seq, 1);
  });
});
