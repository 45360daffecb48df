import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { newRegistration } from "#tools/rig/users.ts";
import { composerOf, messageOf, openRoomWith, say, startStage } from "./stage.ts";

describe("the web client", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("somebody signs up, joins a room, writes, signs out and in again", async () => {
    const { page, faults } = await stage.visit();
    const { username, email, password } = newRegistration();
    await page.goto(stage.webUrl);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("First name").fill("Ada");
    await page.getByLabel("Last name").fill("Lovelace");
    await page.getByLabel("Username").fill("no");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    const create = page.getByRole("button", { name: "Create account" });
    await create.click();
    // What the server refuses stands at its field.
    await page.getByLabel("Username").and(page.locator("[aria-invalid]")).waitFor();
    await page.getByLabel("Username").fill(username);
    await create.click();
    await page.getByRole("link", { name: "Browse rooms" }).first().click();
    await page.getByRole("button", { name: "Join general" }).click();
    await say(page, "Hello, world");
    await messageOf(page, "Hello, world").waitFor();

    await page.getByRole("button", { name: `@${username}` }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Email or username").fill(username);
    await page.getByLabel("Password").fill("wrong horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The username, email or password is wrong.").waitFor();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: /^Room general/ }).click();
    await messageOf(page, "Hello, world").waitFor();
    assert.deepEqual(faults, []);
  });

  test("two people chat: typing, reactions, edits, threads, deletions", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    await openRoomWith(stage, [ada, bob]);
    await composerOf(bob.page).pressSequentially("Hel");
    await ada.page.getByText("Bob Example is typing").waitFor();
    await say(bob.page, "Helo");
    await messageOf(ada.page, "Helo").waitFor();

    await composerOf(bob.page).press("ArrowUp");
    const editor = bob.page.getByRole("textbox", { name: "Edit message" });
    await editor.fill("Hello");
    await editor.press("Enter");
    const hello = messageOf(ada.page, "Hello");
    await hello.getByText("edited").waitFor();

    await hello.hover();
    await hello.getByRole("button", { name: "React" }).click();
    await ada.page.getByRole("searchbox", { name: "Search emoji" }).fill("heart");
    await ada.page.getByRole("gridcell", { name: "green heart", exact: true }).waitFor();
    const [first] = await ada.page.getByRole("gridcell").all();
    assert.equal(await first?.getAttribute("aria-label"), "red heart");
    await first?.click();
    await messageOf(bob.page, "Hello").getByRole("button", { name: "❤️ 1" }).waitFor();

    await hello.hover();
    await hello.getByRole("button", { name: "Reply in thread" }).click();
    const reply = ada.page.getByRole("textbox", { name: "Reply" });
    await reply.fill("How are you?");
    await reply.press("Enter");
    const thread = messageOf(bob.page, "Hello").getByRole("button", { name: /1 reply/ });
    await thread.click();
    const beside = bob.page.getByRole("complementary", { name: "Thread" });
    await beside.getByText("How are you?").waitFor();
    await beside.getByRole("button", { name: "Close thread" }).click();

    await hello.first().hover();
    await hello.first().getByRole("button", { name: "More" }).click();
    await ada.page.getByRole("menu").waitFor();
    const own = messageOf(bob.page, "Hello").first();
    await own.hover();
    await own.getByRole("button", { name: "More" }).click();
    await bob.page.getByRole("menuitem", { name: "Delete" }).click();
    await bob.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    const deleted = messageOf(ada.page, "This message was deleted");
    await deleted.and(ada.page.locator(":not(.is-active)")).waitFor();
    assert.deepEqual([...ada.faults, ...bob.faults], []);
  });

  test("a click that chooses an emoji counts, whatever the message becomes meanwhile", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob]);
    await say(bob.page, "First");
    const message = messageOf(ada.page, "Bob Example");
    await message.hover();
    await message.getByRole("button", { name: "React" }).click();
    await ada.page.getByRole("searchbox", { name: "Search emoji" }).fill("parrot");
    await ada.page.getByRole("gridcell", { name: "parrot" }).hover();
    await ada.page.mouse.down();
    await bob.api.put(`/api/rooms/${roomId}/messages/1`, { content: "Second" });
    await message.getByText("Second").waitFor();
    await ada.page.mouse.up();
    await message.getByRole("button", { name: "🦜 1" }).waitFor();
  });
});
