import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { frame, openRaw, upgradeRequest } from "#tools/rig/raw-sockets.ts";
import { shared } from "#tools/rig/shared.ts";
import { disconnected, next } from "#tools/rig/sockets.ts";
import { collect, range, startServices, type TestSocket } from "./harness/services.ts";

const services = await shared(startServices({ socketMessagesPerSecond: 5, socketsPerUser: 3 }));
const ada = await services.auth.newUser();
const roomId = await services.newRoom([ada]);

test("messages beyond the burst are refused, and nothing else happens", async () => {
  const socket = await services.connect(ada);
  await socket.emitWithAck("join_room", { roomId });
  const answers = await Promise.all(
    range(1, 15).map((n) => socket.emitWithAck("send_message", { roomId, content: `${n}` })),
  );
  const stored = answers.filter((it) => it.success).length;
  assert.ok(stored >= 10 && stored < 15, `${stored} stored`);
  assert.deepEqual(answers.at(-1), {
    success: false,
    code: "RATE_LIMITED",
    message: "Too many requests",
  });
  const { pagination } = await services.rpc(ada).messages.listMessages({ roomId });
  assert.equal(pagination?.totalItems, stored);
  assert.ok(socket.connected);
  socket.disconnect();
});

test("edits and deletions share the limit of messages, reactions have their own", async () => {
  const socket = await services.connect(ada);
  await socket.emitWithAck("join_room", { roomId });
  const target = { roomId, seq: 1 };
  const isRefused = (answer: { success: boolean; code?: string }) => answer.code === "RATE_LIMITED";
  const messages = await Promise.all(
    range(1, 5).flatMap((n) => [
      socket.emitWithAck("send_message", { roomId, content: "x" }),
      socket.emitWithAck("edit_message", { ...target, content: `${n}` }),
      socket.emitWithAck("delete_message", { ...target, seq: 1_000 }),
    ]),
  );
  const refused = messages.filter(isRefused).length;
  assert.ok(refused > 0 && refused <= 5, `${refused} refused`);
  const reactions = await Promise.all(
    range(1, 10).map((n) =>
      socket.emitWithAck(n % 2 ? "add_reaction" : "remove_reaction", { ...target, emoji: "👍" }),
    ),
  );
  const passed = reactions.filter((it) => !isRefused(it)).length;
  assert.ok(passed >= 5 && passed < 10, `${passed} passed`);
  socket.disconnect();
});

test("a hundred breaches within ten seconds end the socket", async () => {
  const socket = await services.connect(ada);
  const errors: string[] = [];
  socket.on("error", ({ code }) => errors.push(code));
  const closed = disconnected(socket);
  for (const n of range(1, 200)) {
    socket.emit("send_message", { roomId, content: `${n}` }, undefined as never);
  }
  assert.equal(await closed, "io server disconnect");
  assert.equal(errors.at(-1), "FLOOD");
  assert.equal(errors.filter((it) => it === "RATE_LIMITED").length, 100);
});

test("joins are limited by user, however many sockets and whatever becomes of them", async () => {
  const eve = await services.auth.newUser();
  const joinMany = async (socket: TestSocket) =>
    Promise.all(
      range(1, 40).map(() =>
        socket.emitWithAck("join_room", { roomId: randomBytes(12).toString("hex") }),
      ),
    );
  const pair = [await services.connect(eve), await services.connect(eve)];
  const answers = (await Promise.all(pair.map(joinMany))).flat();
  for (const socket of pair) socket.disconnect();
  const refused = answers.filter((it) => !it.success && it.code === "RATE_LIMITED").length;
  assert.ok(refused > 0 && refused <= 30, `${refused} refused`);
  // Who comes back has not been forgotten.
  const again = await joinMany(await services.connect(eve));
  assert.ok(again.some((it) => !it.success && it.code === "RATE_LIMITED"));
  const joined = await (await services.connect(ada)).emitWithAck("join_room", { roomId });
  assert.ok(joined.success, "others aren't held up");
});

test("typing has a limit of its own by user", async () => {
  const eve = await services.auth.newUser();
  const pair = [await services.connect(eve), await services.connect(eve)];
  for (const socket of pair) await socket.emitWithAck("join_room", { roomId });
  const [one, two] = pair;
  const answers = await Promise.all(
    range(1, 20).map((n) =>
      (n % 2 ? one : two)?.emitWithAck(n % 3 ? "typing_start" : "typing_stop", { roomId }),
    ),
  );
  const passed = answers.filter((it) => it?.success).length;
  assert.ok(passed >= 5 && passed < 15, `${passed} passed`);
  assert.ok(one);
  const heard = next(one, "error");
  for (const _ of range(1, 10)) one.emit("typing_start", { roomId }, undefined as never);
  const { code, event } = await heard;
  assert.deepEqual({ code, event }, { code: "RATE_LIMITED", event: "typing_start" });
  const sent = await one.emitWithAck("send_message", { roomId, content: "still here" });
  assert.ok(sent.success);
});

test("few joins of one room wait for each other, and none for a socket that has gone", async () => {
  await using other = await services.startAnother({ socketMessagesPerSecond: 0 });
  const socket = await services.connect(ada, { url: other.httpUrl });
  const answers = await Promise.all(
    range(1, 30).map(() => socket.emitWithAck("join_room", { roomId })),
  );
  const codes = answers.map((it) => (it.success ? "OK" : it.code));
  assert.deepEqual(new Set(codes.slice(0, 20)), new Set(["OK"]));
  assert.deepEqual(new Set(codes.slice(20)), new Set(["RATE_LIMITED"]));
  assert.ok((await socket.emitWithAck("join_room", { roomId })).success);

  const joins = async () => {
    const text = await (await fetch(`${other.httpUrl}/metrics`)).text();
    const lines = [...text.matchAll(/socket_events\{(.*event="join_room".*)\} (\d+)/g)];
    const of = (code: string) =>
      Number(lines.find(([, labels]) => labels?.includes(`"${code}"`))?.[2] ?? 0);
    return { carriedOut: of("OK"), dropped: of("NOT_IN_ROOM") };
  };
  const before = await joins();
  for (const _ of range(1, 4)) socket.emit("join_room", { roomId }, () => undefined);
  socket.disconnect();
  let after = await joins();
  while (after.carriedOut + after.dropped < before.carriedOut + 4) after = await joins();
  assert.ok(after.dropped >= 2, `${after.dropped} dropped`);
});

test("the oldest socket of a user gives way", async () => {
  const user = await services.auth.newUser();
  const sockets = [];
  for (const _ of range(1, 3)) sockets.push(await services.connect(user));
  const [oldest, ...others] = sockets;
  assert.ok(oldest);
  const heard = next(oldest, "error");
  const closed = disconnected(oldest);
  sockets.push(await services.connect(user));
  assert.deepEqual(await heard, {
    code: "TOO_MANY_SOCKETS",
    message: "Too many open sockets, the oldest is closed",
  });
  assert.equal(await closed, "io server disconnect");
  assert.ok(others.every((it) => it.connected));
});

test("a socket that doesn't read is cut, and the others get everything", async () => {
  await using fast = await services.startAnother({ socketMessagesPerSecond: 0 });
  const [writer, stalled] = [await services.auth.newUser(), await services.auth.newUser()];
  const busyRoom = await services.newRoom([writer, stalled]);
  const reader = await services.connect(writer, { url: fast.httpUrl });
  await reader.emitWithAck("join_room", { roomId: busyRoom });
  const got = collect(reader);

  const socket = openRaw(fast.httpUrl);
  socket.write(upgradeRequest());
  const saw = (text: string) =>
    new Promise<void>((resolve) => {
      const onData = (chunk: Buffer) => {
        if (!chunk.includes(text)) return;
        socket.off("data", onData);
        resolve();
      };
      socket.on("data", onData);
    });
  await saw("pingInterval");
  socket.write(frame(1, `40${JSON.stringify({ token: await services.auth.wsToken(stalled) })}`));
  await saw("connected");
  const joined = saw("430");
  socket.write(frame(1, `420${JSON.stringify(["join_room", { roomId: busyRoom }])}`));
  await joined;
  socket.pause();

  let sent = 0;
  const metrics = async () => (await fetch(`${fast.httpUrl}/metrics`)).text();
  while (!/sockets_cut\{.*SLOW_CONSUMER.*\} 1/.test(await metrics())) {
    assert.ok(sent < 3_000, "the stalled socket is cut");
    await Promise.all(
      range(1, 50).map((n) =>
        reader.emitWithAck("send_message", {
          roomId: busyRoom,
          content: "😀".repeat(3_900),
          clientMessageId: `${sent}-${n}`,
        }),
      ),
    );
    sent += 50;
  }
  await got.until(sent);
  assert.deepEqual(got.seqs, range(1, sent));
  socket.resume();
  await once(socket, "close");
});

test("where one message a second is allowed, every event is allowed once", async () => {
  await using slow = await services.startAnother({ socketMessagesPerSecond: 1 });
  const socket = await services.connect(ada, { url: slow.httpUrl });
  assert.ok((await socket.emitWithAck("watch_rooms", {})).success);
  assert.ok((await socket.emitWithAck("set_presence", { status: "away" })).success);
});
