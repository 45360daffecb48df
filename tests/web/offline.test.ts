import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { composerOf, messageOf, openRoomWith, say, startStage } from "./stage.ts";

describe("without a network", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("one reads on, is told so, and what one writes is sent when it is back", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob]);
    const { page, context } = ada;
    await say(page, "Before");
    await messageOf(bob.page, "Before").waitFor();
    await context.setOffline(true);
    await stage.platform.message.stop();
    await page.getByText("You are offline").waitFor();
    const tryNow = page.getByRole("button", { name: "Try now" });
    await tryNow.focus();
    for (let tries = 1; tries <= 2; tries++) {
      await page.waitForEvent("requestfailed", (it) => it.url().endsWith("/ws-token"));
    }
    assert.ok(await tryNow.evaluate((it) => it === document.activeElement));
    await say(page, "While away");
    await messageOf(page, "While away").getByText("Not sent yet").waitFor();
    await page.getByText("one change will be sent when you are back").waitFor();
    // What isn't sent can't be edited yet, and the message before it isn't meant.
    await composerOf(page).press("ArrowUp");
    assert.equal(await page.getByRole("textbox", { name: "Edit message" }).count(), 0);
    await messageOf(page, "Before").waitFor();
    await stage.platform.message.start();
    await context.setOffline(false);
    await page.getByText("You are offline").waitFor({ state: "hidden" });
    await messageOf(bob.page, "While away").waitFor();
    await messageOf(page, "While away").getByText("Not sent yet").waitFor({ state: "detached" });
    const { body } = await bob.api.get(`/api/rooms/${roomId}/messages`);
    const contents = body.messages.map(({ content }: { content: string }) => content);
    assert.deepEqual(contents, ["Before", "While away"]);
  });

  test("what is loaded apart is there before it is needed", async () => {
    const { page, context, faults, username } = await stage.person("Ada");
    const loaded = page.waitForResponse(/assets\/settings-page/);
    await page.reload();
    await (await loaded).finished();
    await context.setOffline(true);
    await page.getByRole("button", { name: `@${username}` }).click();
    await page.getByRole("menuitem", { name: "Appearance" }).click();
    await page.getByRole("radio", { name: "Dark" }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("what can't be loaded is tried again, and the rest stays", async () => {
    const ada = await stage.person("Ada");
    const { page, context } = ada;
    const apart = [/assets\/emoji-picker/, /\/emoji\.json/, /assets\/settings-page/] as const;
    for (const file of apart) await context.route(file, (it) => it.abort());
    await openRoomWith(stage, [ada]);
    const [picker, emoji, settings] = apart;
    const dialog = page.getByRole("dialog", { name: "Emoji" });
    await page.locator(".composer").getByRole("button", { name: "Emoji" }).click();
    await dialog.getByText("This can't be loaded").waitFor();
    await context.unroute(picker);
    const loaded = page.waitForResponse(picker);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await loaded;
    await context.unroute(emoji);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("gridcell").first().waitFor();
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: `@${ada.username}` }).click();
    await page.getByRole("menuitem", { name: "Profile" }).click();
    await page.getByText("This can't be loaded").waitFor();
    await page.getByRole("link", { name: /Garden/ }).waitFor();
    await context.unroute(settings);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByLabel("First name").waitFor();
    assert.deepEqual(ada.faults, []);
  });

  test("members that couldn't be loaded are loaded later, and can be mentioned", async () => {
    const [ada, bob] = [await stage.person("Ada"), await stage.person("Bob")];
    await ada.context.route(/\/members\?/, (it) => it.abort(), { times: 1 });
    await openRoomWith(stage, [ada, bob]);
    await composerOf(ada.page).pressSequentially("@bo");
    await ada.page.getByRole("option", { name: /Bob/ }).waitFor();
    await ada.page.keyboard.press("Enter");
    await ada.page.keyboard.press("Enter");
    await messageOf(bob.page, `@${bob.username}`).waitFor();
    const { body } = await bob.api.get("/api/mentions");
    assert.equal(body.messages.length, 1);
  });

  test("a refused message stays, with its reason, until it is discarded", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const opened = await bob.api.post("/api/direct-messages", { userId: ada.id });
    const { id } = opened.body.room;
    await bob.api.post(`/api/rooms/${id}/messages`, { content: "Hello" });
    await bob.api.put(`/api/users/${ada.id}/block`, {});
    await ada.page.goto(`${stage.webUrl}/rooms/${id}`);
    await say(ada.page, "Are you there?");
    const refused = messageOf(ada.page, "Are you there?");
    await refused.getByText("You can't write to this person.").waitFor();
    await refused.getByRole("button", { name: "Discard" }).click();
    await refused.waitFor({ state: "detached" });
  });

  test("a draft is there again after a reload", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    await composerOf(ada.page).fill("Not finished");
    await ada.page.reload();
    await composerOf(ada.page).waitFor();
    assert.equal(await composerOf(ada.page).inputValue(), "Not finished");
  });

  test("signed out in one tab is signed out in all", async () => {
    const ada = await stage.person("Ada");
    const other = await ada.context.newPage();
    await other.goto(stage.webUrl);
    const account = `@${ada.username}`;
    await other.getByRole("button", { name: account }).waitFor();
    await ada.page.bringToFront();
    const signOut = async () => {
      await ada.page.getByRole("button", { name: account }).click();
      await ada.page.getByRole("menuitem", { name: "Sign out" }).click();
    };
    await ada.context.route("**/api/auth/logout", (it) => it.abort(), { times: 1 });
    await signOut();
    await ada.page.getByText("You are still signed in. The server can't be reached.").waitFor();
    await signOut();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
