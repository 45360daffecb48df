import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { isLive, isSent, openRoom, startStage } from "./browser.ts";
import { faultsAtRandom, restart, restarts } from "./fault-time.ts";

test("20 faults at random on two tabs: nothing lost, twice, out of order or left pending", {
  skip: noChromium,
}, async (t) => {
  const stage = await shared(startStage());
  const { platform, proxy } = stage;
  const context = await stage.newContext();
  const tabs = [await stage.openPage(context), await stage.openPage(context)];
  const [first] = tabs;
  assert.ok(first);
  await stage.signUp(first);
  const roomId = await first.evaluate(
    async () => (await chat.rooms.create({ name: "Storm", roomType: "private" })).id,
  );
  for (const tab of tabs) {
    await isLive(tab);
    await openRoom(tab, roomId);
  }
  const sent = tabs.map(() => 0);
  const send = async () => {
    for (const [i, tab] of tabs.entries()) {
      for (let count = randomInt(1, 5); count > 0; count--) {
        const content = `tab ${i}: ${sent[i]}`;
        sent[i] = (sent[i] ?? 0) + 1;
        await tab.evaluate((it) => void room.send(it).catch(() => undefined), content);
      }
    }
  };
  const faults: ((tab: Page) => Promise<unknown>)[] = [
    async () => proxy.links().map((it) => it.cut()),
    async () => {
      await context.setOffline(true);
      await send();
      await context.setOffline(false);
    },
    async () => {
      proxy.freeze();
      await send();
      await delay(randomInt(1_000));
      for (const link of proxy.links()) link.cut();
      proxy.restore();
    },
    async (tab) => {
      await tab.reload();
      await tab.waitForFunction(() => globalThis.chat?.auth.getSnapshot().status === "signed-in");
      await openRoom(tab, roomId);
    },
    ...restarts.map((names) => async () => {
      const restarted = restart(platform, names);
      await send();
      await restarted;
    }),
    async () => {
      await context.clearCookies({ name: "accessToken" });
      // An answer with new tokens that is lost on its way ends the session: they work once.
      for (const it of tabs) {
        await it.waitForFunction(() =>
          chat.call.getProfile().then(
            () => true,
            () => false,
          ),
        );
      }
      for (const link of proxy.links()) link.cut();
    },
  ];
  for await (const fault of faultsAtRandom(faults, send)) {
    const tab = tabs[randomInt(tabs.length)];
    assert.ok(tab);
    await send();
    await fault(tab);
    for (const it of tabs) await it.evaluate(() => chat.connection.retry());
  }
  for (const tab of tabs) await isSent(tab);
  for (const tab of tabs) {
    await isLive(tab).catch(async (error) => {
      const state = await tab.evaluate(() => [
        chat.auth.getSnapshot(),
        chat.connection.getSnapshot(),
      ]);
      throw new Error(JSON.stringify(state), { cause: error });
    });
  }

  const total = sent.reduce((sum, it) => sum + it, 0);
  t.diagnostic(`${total} messages`);
  const stored = await first.evaluate(async (id) => {
    const all = [];
    for (let after = 0; ; ) {
      const { messages } = await chat.call.listMessages({ roomId: id, after, limit: 100 });
      if (messages.length === 0) return all;
      all.push(...messages);
      after += messages.length;
    }
  }, roomId);
  assert.deepEqual(
    stored.map((it) => it.seq),
    stored.map((_, i) => i + 1),
  );
  for (const [i, count] of sent.entries()) {
    const own: string[] = stored.map((it) => it.content).filter((it) => it.startsWith(`tab ${i}:`));
    assert.deepEqual(
      own,
      Array.from({ length: count }, (_, n) => `tab ${i}: ${n}`),
    );
  }
  for (const tab of tabs) {
    await tab.waitForFunction((seq) => room.getSnapshot().messages.at(-1)?.seq === seq, total);
    const shown = await tab.evaluate(() => room.getSnapshot().messages);
    assert.deepEqual(shown, stored.slice(-shown.length));
  }
});
