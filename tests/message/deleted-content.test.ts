import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { getHeapSnapshot } from "node:v8";
import { shared } from "#tools/rig/shared.ts";
import { next, startServices } from "./harness/services.ts";
import { join } from "./harness/talk.ts";

const services = await shared(startServices());
const another = await shared(services.startAnother());

/** Which texts are anywhere in the memory of this process, where both instances run. */
async function findInMemory(texts: readonly Buffer[]): Promise<boolean[]> {
  const found = texts.map(() => false);
  let last = Buffer.alloc(0);
  for await (const chunk of getHeapSnapshot()) {
    const bytes = Buffer.concat([last, chunk]);
    for (const [i, text] of texts.entries()) found[i] ||= bytes.includes(text);
    last = bytes.subarray(-100);
  }
  return found;
}

/** Sends, edits, reads and resumes two messages with these contents; deletes the second. */
async function talk(kept: Buffer, secret: Buffer): Promise<void> {
  const ada = await services.auth.newUser("Ada Lovelace");
  const bob = await services.auth.newUser("Bob Dylan");
  const roomId = await services.newRoom([ada, bob]);
  const one = await services.connect(ada);
  const two = await services.connect(bob, { url: another.httpUrl });
  await Promise.all([join(one, roomId), join(two, roomId)]);
  for (const [i, text] of [kept, secret].entries()) {
    const heard = next(two, "new_message");
    const metadata = { note: `${text}` };
    await one.emitWithAck("send_message", { roomId, content: `sent ${text}`, metadata });
    await heard;
    await one.emitWithAck("edit_message", { roomId, seq: i + 1, content: `edited ${text}` });
  }
  await services.rpc(bob).messages.listMessages({ roomId });
  await join(two, roomId, 0);
  const deleted = next(two, "message_changed");
  await one.emitWithAck("delete_message", { roomId, seq: 2 });
  assert.equal((await deleted).message.content, "");
  // What a connection of the database was given last is forgotten with the next.
  await Promise.all(
    Array.from({ length: 30 }, () => services.rpc(bob).messages.listMessages({ roomId })),
  );
  for (const socket of [one, two]) socket.disconnect();
}

test("the content of what was deleted is in the memory of no instance", async () => {
  const newText = () => Buffer.from(randomBytes(12).toString("hex"));
  // Outside of the heap: strings of them are only where they are sent.
  const [kept, secret] = [newText(), newText()];
  await talk(kept, secret);
  const memory = [`${kept}`];
  let found: boolean[] = [];
  for (let tries = 3; tries > 0 && found[1] !== false; tries--) {
    found = await findInMemory([kept, secret]);
  }
  assert.deepEqual(found, [true, false]);
  assert.equal(memory.length, 1, "what is held is found");
});
