import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createClient, type Message, memoryStorage, memoryTokens, type OpenRoom } from "#sdk";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";
import { faultsAtRandom, restart, restarts } from "./fault-time.ts";
import { signUp, until } from "./people.ts";

test("20 faults at random: nothing lost, twice, out of order or left pending", async (t) => {
  const platform = await shared(
    startPlatform({
      gateway: { rateLimitPerMinute: 0 },
      message: { socketMessagesPerSecond: 0, handshakesPerMinute: 0, socketsPerUser: 0 },
    }),
  );
  await using host = await signUp(platform.gatewayUrl, "Host");
  const { id: roomId } = await host.chat.rooms.create({ name: "Storm", roomType: "private" });
  const log = await host.chat.rooms.open(roomId);
  const live = log.live();

  /** A client behind a network that can be broken, with what survives its reload. */
  const openClient = async (name: string) => {
    const proxy = await shared(startTcpProxy(platform.gatewayUrl));
    const kept = { storage: memoryStorage(), tokens: memoryTokens() };
    const { chat, user } = await signUp(proxy.url, name, kept);
    await host.chat.call.addMember({ roomId, userId: user.id });
    let current = chat;
    let room: OpenRoom = await chat.rooms.open(roomId);
    let sent = 0;
    let edited = 0;
    return {
      name,
      proxy,
      user,
      chat: () => current,
      sent: () => sent,
      edited: () => edited,
      room: () => room,
      send(count: number) {
        // A page lets nobody write before it knows who they are.
        if (current.auth.getSnapshot().status !== "signed-in") return;
        for (let i = 0; i < count; i++) void room.send(`${name} ${sent++}`).catch(() => undefined);
      },
      edit() {
        const own = room.getSnapshot().messages.find((it) => it.userId === user.id && it.seq > 0);
        if (own)
          void room.edit(own.seq, `${own.content}, edited ${edited++}`).catch(() => undefined);
      },
      async reload() {
        current.close();
        current = createClient({ url: proxy.url, ...kept });
        // Comes back whenever the network does.
        room = current.rooms.get(roomId);
        await current.auth.start();
      },
    };
  };
  const clients = [await openClient("Ada"), await openClient("Bob")];
  type Client = (typeof clients)[number];
  const faults: ((client: Client) => unknown)[] = [
    ({ proxy }) => proxy.links().map((it) => it.cut()),
    async ({ proxy }) => {
      proxy.refuse();
      await delay(randomInt(1_500));
      proxy.restore();
    },
    async ({ proxy }) => {
      proxy.freeze();
      await delay(randomInt(1_500));
      if (randomInt(2)) for (const link of proxy.links()) link.cut();
      proxy.restore();
    },
    (client) => client.reload(),
    ...restarts.map((names) => () => restart(platform, names)),
  ];
  const write = () => {
    for (const it of clients) it.send(randomInt(1, 6));
  };
  for await (const fault of faultsAtRandom(faults, write)) {
    const client = clients[randomInt(clients.length)];
    assert.ok(client);
    write();
    client.edit();
    await delay(randomInt(200));
    const done = fault(client);
    write();
    await done;
    for (const it of clients) it.chat().connection.retry();
  }
  for (const client of clients) {
    await until(client.chat().outbox, (entries) => entries.length === 0);
  }

  const total = clients.reduce((sum, it) => sum + it.sent(), 0);
  t.diagnostic(`${total} messages, ${clients.map((it) => it.edited())} edits`);
  const heard = [];
  for await (const message of live) {
    heard.push(message);
    if (heard.length === total) break;
  }
  assert.deepEqual(
    heard.map((it) => it.seq),
    heard.map((_, i) => i + 1),
  );
  for (const { name, user, sent, room, chat } of clients) {
    const own: string[] = heard.filter((it) => it.userId === user.id).map(sentContent);
    assert.deepEqual(
      own,
      Array.from({ length: sent() }, (_, i) => `${name} ${i}`),
    );
    await until(chat().connection, ({ state }) => state === "live");
    const { messages } = await until(room(), (it) => it.messages.at(-1)?.seq === total && it);
    const { room: stored } = await host.chat.call.getRoom({ roomId });
    assert.equal(stored.lastSeq, total);
    const page = await host.chat.call.listMessages({ roomId, limit: 50 });
    assert.deepEqual(messages.slice(-50), page.messages);
  }
});

/** What comes late comes as it is then: edited, say. */
function sentContent({ content }: Message): string {
  return content.replace(/(, edited \d+)+$/, "");
}
