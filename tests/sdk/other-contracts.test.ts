import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { Server } from "socket.io";
import { createClient, memoryTokens } from "#sdk";
import { portOf } from "#tools/rig/ports.ts";
import { shared } from "#tools/rig/shared.ts";
import { until } from "./people.ts";

const user = { id: "1", username: "ada", email: "ada@example.com", name: "Ada", updatedAt: "" };
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
  const answers: Record<string, object> = {
    "/api/auth/profile": { user },
    "/api/auth/ws-token": { token: "token" },
    "/api/rooms": { rooms: [room] },
    "/api/rooms/a/messages": { code: "A_LATER_CODE", message: "Of a later contract" },
  };
  const server = createServer((req, res) => {
    const answer = answers[req.url ?? ""] ?? {};
    res.writeHead("code" in answer ? 418 : 200, { "content-type": "application/json" });
    res.end(JSON.stringify({ success: !("code" in answer), ...answer }));
  });
  const io = new Server(server);
  io.on("connection", (socket) => {
    socket.emit("connected", { serverTime: new Date().toISOString() });
    socket.emit("a_later_event", { what: "is this" });
    socket.onAny((event, _payload, acknowledge) => {
      if (event === "watch_rooms") acknowledge({ success: false, code: "VALIDATION_FAILED" });
      else acknowledge?.({ success: true });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      await io.close();
    },
  };
}

test("an older server is noticed, and a later one's names do no harm", async () => {
  const { url } = await shared(startOldServer());
  const chat = createClient({ url, tokens: memoryTokens({ accessToken: "a", refreshToken: "r" }) });
  try {
    await chat.auth.start();
    await until(chat.connection, ({ state }) => state === "live");
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
  } finally {
    chat.close();
  }
});
