import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const [ada, bob] = [await registerUser(platform, "Ada"), await registerUser(platform, "Bob")];

const newRoom = async (by: typeof ada, roomType = "private"): Promise<string> =>
  (await by.client.post("/api/rooms", { name: "Search", roomType })).body.room.id;
const search = (by: typeof ada, query: Record<string, string>) =>
  by.client.get(`/api/messages/search?${new URLSearchParams(query)}`);

describe("search", () => {
  test("answers page by page, the newest first", async () => {
    const roomId = await newRoom(ada);
    for (const content of ["First words", "Second WORDS", "third wörd"]) {
      await ada.client.post(`/api/rooms/${roomId}/messages`, { content });
    }
    const first = await search(ada, { q: "word", limit: "2", roomId });
    const { messages, nextCursor, ...envelope } = first.body;
    assert.deepEqual([first.status, envelope], [200, { success: true, message: "Messages found" }]);
    assert.deepEqual(
      messages.map(({ content }: { content: string }) => content),
      ["third wörd", "Second WORDS"],
    );
    const history = await ada.client.get(`/api/rooms/${roomId}/messages`);
    assert.deepEqual(messages[0], history.body.messages[2], "the one form of a message");
    const last = await search(ada, { q: "word", limit: "2", roomId, cursor: nextCursor });
    assert.deepEqual([last.body.messages.length, last.body.nextCursor], [1, null]);
    const { createdAt } = messages[0];
    const { body } = await search(ada, { q: "word", before: createdAt, userId: ada.id });
    assert.equal(body.messages.length, 2);
    assert.deepEqual((await search(ada, { q: "word", after: createdAt })).body.messages, []);
    assert.deepEqual((await search(ada, { q: "word", userId: bob.id })).body.messages, []);
    assert.deepEqual((await search(bob, { q: "word" })).body.messages, []);
  });

  test("refuses rooms of others, and what can't be asked", async () => {
    const [closed, open] = [await newRoom(ada), await newRoom(ada, "public")];
    const refusals: [query: Record<string, string>, status: number, code: string][] = [
      [{ q: "a", roomId: closed }, 404, "ROOM_NOT_FOUND"],
      [{ q: "a", roomId: "nonsense" }, 404, "ROOM_NOT_FOUND"],
      [{ q: "a", roomId: open }, 403, "NOT_IN_ROOM"],
      [{}, 400, "VALIDATION_FAILED"],
      [{ q: "" }, 400, "VALIDATION_FAILED"],
      [{ q: "a ".repeat(10_000).slice(0, 201) }, 400, "VALIDATION_FAILED"],
      [{ q: "a", limit: "101" }, 400, "VALIDATION_FAILED"],
      [{ q: "a", cursor: "1" }, 400, "VALIDATION_FAILED"],
      [{ q: "a", after: "yesterday" }, 400, "VALIDATION_FAILED"],
    ];
    for (const [query, status, code] of refusals) {
      const answer = await search(bob, query);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(query));
    }
    const odd = ['"', "' | & !", "{$ne: 1}", "…?!", "%_\\", "a ".repeat(100)];
    for (const q of odd) assert.equal((await search(bob, { q })).status, 200, q);
    const cursor = `999999999999999-${"f".repeat(24)}`;
    const far = { after: "0001-01-01T00:00:00.000Z", before: "9999-12-31T23:59:59.999Z" };
    assert.equal((await search(bob, { q: "a", cursor, ...far })).status, 200);
  });
});
