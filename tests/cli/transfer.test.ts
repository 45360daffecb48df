import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { registerUser } from "#tools/rig/users.ts";
import { createAether, signIn, startAether } from "./aether.ts";
import { fillRoom } from "./fill-room.ts";

const platform = await shared(startPlatform());
const aether = await shared(createAether(platform));
const { run, json } = aether;
const user = await signIn(aether, platform);
const fileOf = (name: string) => join(aether.profiles, name);

const linesOf = async (path: string) =>
  (await readFile(path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A room with this many messages. */
async function fullRoom(count: number): Promise<string> {
  const [{ id }] = await json("rooms", "create", `room of ${count}`, "--private");
  await user.client.post(`/api/rooms/${id}/messages`, { content: "message 1" });
  await fillRoom(platform.database, id, count);
  return id;
}

/** An export with little room for what lives long: its lines, and the most memory that it had. */
async function measured(roomId: string): Promise<{ lines: number; peakBytes: number }> {
  const report = "process.on(`exit`,()=>process.stderr.write(`\n`+process.resourceUsage().maxRSS))";
  const options = `--max-old-space-size=48 --import=data:text/javascript,${report}`;
  const env = { ...aether.env, NODE_OPTIONS: options };
  const child = startAether(["messages", "export", roomId], env);
  let lines = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++;
  });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  assert.equal(code, 0, errors);
  return { lines, peakBytes: Number(errors.split("\n").at(-1)) * 1024 };
}

describe("export", () => {
  test("goes on where a break has left a file, and holds every message once", async () => {
    const id = await fullRoom(1_250);
    const path = fileOf("broken.ndjson");
    assert.equal((await run(["messages", "export", id, "--out", path])).code, 0);
    const whole = await readFile(path, "utf8");
    assert.deepEqual(
      (await linesOf(path)).map((it) => it.seq),
      Array.from({ length: 1_250 }, (_, i) => i + 1),
    );
    for (const bytes of [0, 1, 40_000, whole.length - 1]) {
      await truncate(path, bytes);
      assert.equal((await run(["messages", "export", id, "--out", path])).code, 0);
      assert.equal(await readFile(path, "utf8"), whole);
    }
    const { stdout } = await run(["messages", "export", id, "--after", "1249"]);
    assert.equal(JSON.parse(stdout).seq, 1_250);
  });

  test("doesn't write into a file that is something else", async () => {
    const id = await fullRoom(3);
    for (const text of ["some notes\n", '{"roomId": "other", "seq": 1}\n', "notes"]) {
      const path = fileOf("notes.txt");
      await writeFile(path, text);
      const { code, stderr } = await run(["messages", "export", id, "--out", path]);
      assert.equal(code, 1);
      assert.match(stderr, /is no export of this room/);
      assert.equal(await readFile(path, "utf8"), text);
    }
  });

  test("100,000 messages pass through without being gathered", async () => {
    const few = await fullRoom(1_000);
    const many = await fullRoom(100_000);
    const small = await measured(few);
    const large = await measured(many);
    assert.deepEqual([small.lines, large.lines], [1_000, 100_000]);
    const more = large.peakBytes - small.peakBytes;
    assert.ok(more < 60 * 1024 * 1024, `${Math.round(more / 1024 / 1024)} MiB more`);
  });
});

describe("import", () => {
  test("sends in order, keeps replies, says whose it was, and sends nothing twice", async () => {
    const other = await registerUser(platform, "Grace");
    const [{ id: from }] = await json("rooms", "create", "from");
    await other.client.post(`/api/rooms/${from}/join`);
    const say = (client: typeof user.client, body: object) =>
      client.post(`/api/rooms/${from}/messages`, body);
    await say(user.client, { content: "mine", clientMessageId: "a", metadata: { mood: "good" } });
    await say(other.client, { content: "theirs", clientMessageId: "a" });
    await say(user.client, { content: "gone" });
    await say(user.client, { content: "reply", replyTo: 2 });
    await user.client.delete(`/api/rooms/${from}/messages/3`);
    const path = fileOf("talk.ndjson");
    await run(["messages", "export", from, "--out", path]);

    const [{ id: to }] = await json("rooms", "create", "to");
    const [first] = await json("messages", "import", to, path);
    assert.deepEqual(first, { sent: 3, duplicates: 0, leftOut: 1 });
    const [second] = await json("messages", "import", to, path);
    assert.deepEqual(second, { sent: 0, duplicates: 3, leftOut: 1 });
    const there = await json("messages", "history", to);
    assert.deepEqual(
      there.map((it) => [
        it.seq,
        it.content,
        it.replyTo,
        it.metadata?.mood,
        it.metadata?.importedFrom?.username,
      ]),
      [
        [1, "mine", null, "good", undefined],
        [2, "theirs", null, undefined, other.name],
        [3, "reply", 2, undefined, undefined],
      ],
    );
    // What one has sent with an id is recognised where it came from.
    const [back] = await json("messages", "import", from, path);
    assert.deepEqual(back, { sent: 2, duplicates: 1, leftOut: 1 });
  });

  test("names the line that is no message", async () => {
    const [{ id }] = await json("rooms", "create", "strict");
    const path = fileOf("bad.ndjson");
    const line = { id: "1", seq: 1, userId: "1", content: "fine", messageType: "text" };
    await writeFile(
      path,
      `${JSON.stringify(line)}\n${JSON.stringify({ ...line, id: "2", content: 5 })}\n`,
    );
    const { code, stderr } = await run(["messages", "import", id, path]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /line 2 of .*bad\.ndjson: .*VALIDATION_FAILED\)\n {2}content must be a string/,
    );
    await appendFile(path, "{");
    assert.equal((await run(["messages", "import", id, fileOf("none")])).code, 1);
  });
});
