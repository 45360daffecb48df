import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { createAether, signIn, startAether } from "./aether.ts";

const platform = await shared(startPlatform());
const aether = await shared(createAether(platform));
const { run, json } = aether;
const user = await signIn(aether, platform);

describe("rooms and messages", () => {
  test("a room is created, listed, shown; its members are named", async () => {
    const [room] = await json(
      "rooms",
      "create",
      "kitchen",
      "--private",
      "--description",
      "Who cooks",
    );
    assert.deepEqual(
      [room.name, room.roomType, room.description],
      ["kitchen", "private", "Who cooks"],
    );
    assert.deepEqual(
      (await json("rooms", "list")).map((it) => it.id),
      [room.id],
    );
    assert.deepEqual((await json("rooms", "show", room.id))[0], room);
    const [member] = await json("rooms", "members", room.id);
    assert.equal(member.username, user.username);
    const { stdout } = await run(["rooms", "list"]);
    assert.match(
      stdout,
      new RegExp(`^room +name +type +members.*\n${room.id} +kitchen +private +1`),
    );
  });

  test("a public room is found, joined and left", async () => {
    const [general] = await json("rooms", "list", "--public");
    assert.equal(general.name, "general");
    const refused = await run(["messages", "send", general.id, "Hello"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /NOT_IN_ROOM\)\n.*aether rooms join/);
    assert.equal((await json("rooms", "join", general.id))[0].id, general.id);
    assert.equal((await json("messages", "send", general.id, "Hello"))[0].content, "Hello");
    assert.equal((await run(["rooms", "leave", general.id])).code, 0);
  });

  test("messages are sent from an argument and the input, listed, searched, sent once by their id", async () => {
    const [{ id }] = await json("rooms", "create", "talk");
    await json("messages", "send", id, "first");
    const { code } = await run(["messages", "send", id], { input: "second\nline\n" });
    assert.equal(code, 0);
    for (let i = 0; i < 2; i++) {
      await json("messages", "send", id, "third", "--client-message-id", "a", "--reply-to", "1");
    }
    const history = await json("messages", "history", id);
    assert.deepEqual(
      history.map((it) => [it.seq, it.content, it.replyTo]),
      [
        [1, "first", null],
        [2, "second\nline", null],
        [3, "third", 1],
      ],
    );
    assert.deepEqual(
      (await json("messages", "history", id, "--before", "3", "--limit", "1")).map((it) => it.seq),
      [2],
    );
    assert.deepEqual(
      (await json("messages", "search", "third", "--room", id)).map((it) => it.seq),
      [3],
    );
    assert.deepEqual(await json("messages", "search", "third", "--after", "2100-01-01"), []);
  });

  test("nothing that others write reaches the terminal but as text", async () => {
    const [{ id }] = await json("rooms", "create", "\u202etxet");
    await json("messages", "send", id, "\u001b[2J\u001b]0;title\u0007red\u009b31m\r\nsecond");
    const { stdout } = await run(["messages", "history", id], { env: { FORCE_COLOR: "0" } });
    assert.doesNotMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
    assert.match(stdout, /red.* second\n$/);
    const raw = await run(["messages", "history", id, "--json"]);
    assert.doesNotMatch(raw.stdout.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
    assert.match(raw.lines[0].content, /red\u009b31m\r\nsecond$/);
    assert.doesNotMatch((await run(["rooms", "list"])).stdout, /\u202e/);
  });

  test("tail shows each message once and in order, through a restart of the platform", async () => {
    const [{ id }] = await json("rooms", "create", "followed");
    const send = (content: string) => user.client.post(`/api/rooms/${id}/messages`, { content });
    await send("1");
    const child = startAether(["messages", "tail", id, "--json"], aether.env);
    const ended = once(child, "close");
    const shown: string[] = [];
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "").content;
    shown.push(await next());
    await send("2");
    shown.push(await next());
    await platform.message.stop();
    await platform.message.start();
    for (let i = 3; i <= 250; i++) await send(`${i}`);
    while (shown.length < 250) shown.push(await next());
    assert.deepEqual(
      shown,
      Array.from({ length: 250 }, (_, i) => `${i + 1}`),
    );
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
  });
});

test("bench measures four kinds of calls, and leaves its room", async () => {
  const figures = await json("bench", "--seconds", "0");
  assert.equal(figures.length, 4);
  for (const it of figures) assert.ok(it.perSecond > 0 && it.slowMs >= it.medianMs, it.what);
  const names = (await json("rooms", "list")).map((it) => it.name);
  assert.ok(!names.includes("aether bench"));
});

describe("calling any method", () => {
  test("answers the contract's JSON; what isn't a request is refused before it is sent", async () => {
    const [answer] = await json(
      "call",
      "RoomService/CreateRoom",
      '{"name": "by call", "roomType": "private"}',
    );
    assert.equal(answer.room.roomType, "private");
    const { code, stderr } = await run(["call", "RoomService/CreateRoom", '{"title": 1}']);
    assert.equal(code, 1);
    assert.match(stderr, /VALIDATION_FAILED\)\n {2}title is not a field of this request/);
  });

  test("a secret isn't taken from the arguments, but from the input", async () => {
    const login = JSON.stringify({ username: user.username, password: user.password });
    const refused = await run(["call", "AuthService/Login", login]);
    assert.equal(refused.code, 2);
    assert.ok(!refused.stderr.includes(user.password));
    const taken = await run(["call", "AuthService/Login", "-"], { input: login });
    assert.equal(taken.code, 0, taken.stderr);
  });

  test("methods for services need the secret between services", async () => {
    const without = await run(["call", "AuthService/ListUsers"], {
      env: { DATA_DIR: aether.profiles },
    });
    assert.equal(without.code, 1);
    assert.match(without.stderr, /this is for operators.*\n.*SERVICE_SECRET/);
    const env = { SERVICE_SECRET: platform.serviceSecret };
    const { lines } = await run(["call", "AuthService/ListUsers", "--json"], { env });
    assert.equal(lines[0].users[0].username, user.username);
    const wrong = await run(["call", "AuthService/ListUsers"], {
      env: { SERVICE_SECRET: "x".repeat(32) },
    });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /FORBIDDEN/);
  });

  test("keys are listed by anybody, and rotated by an operator", async () => {
    const before = (await json("keys", "list")).map((it) => it.kid);
    const env = { SERVICE_SECRET: platform.serviceSecret };
    const { lines } = await run(["keys", "rotate", "--json"], { env });
    const after = (await json("keys", "list")).map((it) => it.kid);
    assert.deepEqual(after.sort(), [...before, lines[0].kid].sort());
  });

  test("a stream goes on until it is interrupted", async () => {
    const env = { ...aether.env, SERVICE_SECRET: platform.serviceSecret };
    const child = startAether(["call", "AuthService/WatchRevocations", "--json"], env);
    for await (const line of createInterface({ input: child.stdout })) {
      if (JSON.parse(line).caughtUp) break;
    }
    child.kill("SIGINT");
  });
});
