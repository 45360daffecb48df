import assert from "node:assert/strict";
import { test } from "node:test";
import { shared } from "#tools/rig/shared.ts";
import { startClient, startScriptedServer } from "./scripted-server.ts";

const room = {
  id: "a",
  name: "general",
  roomType: "tavern",
  members: [],
  memberCount: 1,
  lastSeq: 0,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
};

/** Answers as a server of contract 1.0 did, with a room of a type that only a later one knows. */
async function startOldServer() {
  const server = await startScriptedServer({
    paths: {
      "/api/rooms": () => ({ rooms: [room] }),
      "/api/rooms/a/messages": () => ({ code: "A_LATER_CODE", message: "Of a later contract" }),
    },
    events: {
      watch_rooms() {
        server.notify("a_later_event", { what: "is this" });
        return { code: "VALIDATION_FAILED" };
      },
    },
  });
  return server;
}

test("an older server is noticed, and a later one's names do no harm", async () => {
  const server = await shared(startOldServer());
  using chat = await startClient(server);
  assert.deepEqual(
    chat.problems.getSnapshot().map((it) => it.code),
    ["CONTRACT_OLDER"],
  );
  assert.deepEqual(
    chat.rooms.getSnapshot().rooms.map((it) => it.name),
    ["general"],
  );
  const sending = chat.call.sendMessage({ roomId: "a", content: "Hello" });
  await assert.rejects(sending, { code: "A_LATER_CODE", message: "Of a later contract" });
});
