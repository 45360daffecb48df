import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { contentsOf, isLive, isSent, openRoom, startStage } from "./browser.ts";

describe("in a browser", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  /** A browser whose user is in a room of their own. */
  const begin = async () => {
    const context = await stage.newContext();
    const page = await stage.openPage(context);
    const user = await stage.signUp(page);
    const roomId = await page.evaluate(
      async () => (await chat.rooms.create({ name: "Own", roomType: "private" })).id,
    );
    await openRoom(page, roomId);
    return { context, page, user, roomId };
  };

  test("what is written without a network is sent after it, also by a page that was reloaded", async () => {
    const { context, page, roomId } = await begin();
    await context.setOffline(true);
    await page.evaluate(() => {
      for (const content of ["one", "two", "three"]) void room.send(content).catch(() => undefined);
    });
    await page.waitForFunction(() => chat.connection.getSnapshot().state === "offline");
    assert.deepEqual(await contentsOf(page), ["one", "two", "three"]);
    await context.setOffline(false);
    await page.reload();
    await isLive(page);
    await openRoom(page, roomId);
    await isSent(page);
    await page.waitForFunction(() => room.getSnapshot().messages.at(-1)?.seq === 3);
    assert.deepEqual(await contentsOf(page), ["one", "two", "three"]);
    await context.close();
  });

  test("what is written right before a reload is sent, and once", async () => {
    const { context, page, roomId } = await begin();
    const contents = Array.from({ length: 8 }, (_, i) => `message ${i}`);
    for (const content of contents) {
      // By the connection it could be gone already.
      stage.proxy.freeze();
      const send = `room.send("${content}").catch(() => undefined); location.reload()`;
      await Promise.all([page.waitForEvent("load"), page.evaluate(`void ${send}`)]);
      for (const link of stage.proxy.links()) link.cut();
      stage.proxy.restore();
      await page.evaluate(() => chat.connection.retry());
      await isLive(page);
      await openRoom(page, roomId);
    }
    await isSent(page);
    assert.deepEqual(await contentsOf(page), contents);
    await context.close();
  });

  test("what a closed tab has left is sent by another", async () => {
    const { context, page, roomId } = await begin();
    const other = await stage.openPage(context);
    await isLive(other);
    await openRoom(other, roomId);
    await context.setOffline(true);
    await page.evaluate(() => void room.send("left behind").catch(() => undefined));
    await other.waitForFunction(() => room.getSnapshot().messages.at(-1)?.status === "pending");
    await page.close();
    await context.setOffline(false);
    await other.waitForFunction(() => room.getSnapshot().messages.at(-1)?.seq === 1);
    await isSent(other);
    await context.close();
  });

  test("who signs out in one tab is signed out in all", async () => {
    const { context, page, user } = await begin();
    const other = await stage.openPage(context);
    await isLive(other);
    await page.evaluate(() => chat.auth.logout());
    await other.waitForFunction(() => chat.auth.getSnapshot().status === "signed-out");
    assert.equal(await other.evaluate(() => chat.connection.getSnapshot().state), "signed-out");
    const { email, password } = user;
    await other.evaluate((it) => chat.auth.login(it), { email, password });
    await isLive(page);
    await context.close();
  });

  test("a page that the browser keeps gives up its connection, and comes back", async () => {
    const { context, page } = await begin();
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`);
    assert.notEqual(await page.evaluate(() => chat.connection.getSnapshot().state), "live");
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
    await isLive(page);
    await page.evaluate(() => room.send("back"));
    await context.close();
  });

  test("a laptop that slept for an hour finds out that its connection is dead", async () => {
    const { context, page, roomId } = await begin();
    stage.proxy.freeze();
    await page.evaluate(`{
      const now = Date.now;
      Date.now = () => now() + 3_600_000;
      dispatchEvent(new Event("online"));
    }`);
    await page.waitForFunction(() => chat.connection.getSnapshot().state === "offline");
    for (const link of stage.proxy.links()) link.cut();
    stage.proxy.restore();
    await isLive(page);
    await openRoom(page, roomId);
    await page.evaluate(() => room.send("good morning"));
    await context.close();
  });
});
