import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { type SlowLinkOptions, startSlowLink } from "#tools/rig/slow-link.ts";
import { connectSocket, wsToken } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);

/** What a socket that joins a room is answered: about 200 kB. */
const newest = { count: 50, length: 4_000 };
const roomIds = await Promise.all(
  Array.from({ length: 8 }, async (_, i) => {
    const { id } = (await user.client.post("/api/rooms", { name: `Room ${i}` })).body.room;
    const content = "x".repeat(newest.length);
    for (let sent = 0; sent < newest.count; sent++) {
      await user.client.post(`/api/rooms/${id}/messages`, { content });
    }
    return String(id);
  }),
);

/** Connections that were cut because they didn't read. */
async function cuts(): Promise<number> {
  const text = await (await fetch(`${platform.messageUrl}/metrics`)).text();
  return Number(/sockets_cut\{.*SLOW_CONSUMER.*\} (\d+)/.exec(text)?.[1] ?? 0);
}

test("who asks for more than may wait gets it as it is taken", async () => {
  const asked = Array.from({ length: 5 }, () => roomIds).flat();
  await using link = await startSlowLink(platform.messageUrl, { delayMs: 75 });
  for (const transports of [["polling"], ["websocket"]]) {
    const socket = await connectSocket(link.url, user, { transports });
    const closed = new Promise<string>((resolve) => socket.once("disconnect", resolve));
    const joined = asked.map((roomId) => socket.emitWithAck("join_room", { roomId }));
    const acks = await Promise.race([Promise.all(joined), closed]);
    socket.disconnect();
    assert.ok(typeof acks !== "string", `${transports}: ${acks}`);
    assert.ok(acks.every((ack) => ack.success && ack.messages.length === newest.count));
  }
});

describe("who reads slowly gets everything", () => {
  const links: [string, SlowLinkOptions][] = [
    ["150 ms a round trip", { delayMs: 75 }],
    ["600 ms a round trip", { delayMs: 300 }],
    ["1 MB a second", { delayMs: 10, bytesPerSecond: 1_000_000 }],
  ];
  const transports = [["polling"], ["websocket"], ["polling", "websocket"]];
  const doors = [
    ["the message service", platform.messageUrl],
    ["the gateway", platform.gatewayUrl],
  ] as const;
  for (const [speed, options] of links) {
    for (const [door, url] of doors) {
      test(`${speed}, through ${door}, by every transport`, async () => {
        await using link = await startSlowLink(url, options);
        const before = await cuts();
        const seen = await Promise.all(
          transports.map(async (its) => {
            const socket = await connectSocket(link.url, user, { transports: its });
            const joined = roomIds.map((roomId) => socket.emitWithAck("join_room", { roomId }));
            const closed = new Promise<string>((resolve) => socket.once("disconnect", resolve));
            const acks = await Promise.race([Promise.all(joined), closed]);
            socket.disconnect();
            assert.ok(typeof acks !== "string", `${its}: ${acks}`);
            return acks.map((ack) => (ack.success ? ack.messages.length : ack.code));
          }),
        );
        for (const counts of seen)
          assert.deepEqual(
            counts,
            roomIds.map(() => newest.count),
          );
        assert.equal(await cuts(), before);
      });
    }
  }
});

/** A polling client without a library. */
async function openPolling(url: string) {
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(base)).text();
  const session = `${base}&sid=${JSON.parse(opened.slice(1)).sid}`;
  const poll = async () => (await fetch(session)).text();
  const post = (body: string) => fetch(session, { method: "POST", body });
  await post(`40${JSON.stringify({ token: await wsToken(user) })}`);
  let heard = "";
  while (!heard.includes("connected")) heard += await poll();
  return { session, poll, post };
}

const join = (roomId: string, id: number) => `42${id}${JSON.stringify(["join_room", { roomId }])}`;

test("who doesn't ask again is cut", async () => {
  const before = await cuts();
  const { post, poll } = await openPolling(platform.messageUrl);
  const [roomId = ""] = roomIds;
  await post(join(roomId, 1));
  await poll();
  // More than 1 MiB, and less than four times that.
  const content = "x".repeat(newest.length);
  for (let sent = 0; sent < 300; sent++) {
    await user.client.post(`/api/rooms/${roomId}/messages`, { content });
  }
  while ((await cuts()) === before);
  assert.equal((await post("3")).status, 400, "the session is gone");
});

describe("a body that comes in pieces is waited for", () => {
  for (const [door, url] of [
    ["the message service", platform.messageUrl],
    ["the gateway", platform.gatewayUrl],
  ] as const) {
    test(`through ${door}`, async () => {
      const { session, poll } = await openPolling(url);
      const [roomId = ""] = roomIds;
      const body = join(roomId, 7);
      const headers = { "content-type": "text/plain", "content-length": body.length };
      const sending = request(session, { method: "POST", headers });
      const answered = once(sending, "response");
      sending.write(body.slice(0, 10));
      // Longer than the gateway waits for an instance.
      await pause(3_000);
      sending.end(body.slice(10));
      const [answer] = await answered;
      assert.equal(answer.statusCode, 200);
      answer.resume();
      let heard = "";
      while (!heard.includes("437[")) heard += await poll();
      assert.match(heard, /437\[\{"success":true/);
    });
  }

  test("and an instance that doesn't answer is not", async () => {
    await using slow = await startSlowLink(platform.messageUrl, { delayMs: 4_000 });
    await using gateway = await platform.startGateway({ messageUrls: [slow.url] });
    const base = `${gateway.url}/socket.io/?EIO=4&transport=polling`;
    const [get, post] = await Promise.all([
      fetch(base),
      fetch(`${base}&sid=i0_x`, { method: "POST", body: "3" }),
    ]);
    assert.deepEqual([get.status, post.status], [503, 503]);
  });
});
