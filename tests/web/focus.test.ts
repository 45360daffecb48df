import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { choose, composerOf, messageOf, openRoomWith, say, startStage } from "./stage.ts";

describe("where one writes", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("what is typed after a name or an emoji was chosen stands behind it", async () => {
    const [ada, bob] = [await stage.person("Ada"), await stage.person("Bob")];
    await openRoomWith(stage, [ada, bob]);
    const { page } = ada;
    await page.getByRole("button", { name: "2 members", exact: true }).waitFor();
    await composerOf(page).click();
    await page.keyboard.type("Ask  today");
    for (const _ of " today") await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("@bo");
    await page.getByRole("option", { name: /Bob/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.type("for a ");
    await page.locator(".composer").getByRole("button", { name: "Emoji" }).click();
    await page.getByRole("searchbox").and(focused(page)).waitFor();
    await page.keyboard.type("tomato");
    await page.getByRole("gridcell", { name: "tomato" }).click();
    await page.keyboard.type("!");
    await page.keyboard.press("Enter");
    await messageOf(bob.page, `Ask @${bob.username} for a 🍅! today`).waitFor();
    assert.deepEqual([...ada.faults, ...bob.faults], []);
  });

  test("after an edit one writes on where one was", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(page, "First");
    await messageOf(page, "First").and(page.locator(":not(.is-pending)")).waitFor();
    await composerOf(page).press("ArrowUp");
    await fieldOfEdit(page).waitFor();
    await page.keyboard.type(", edited");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Second");
    await page.keyboard.press("Enter");
    await messageOf(page, "First, edited").waitFor();
    await messageOf(page, "Second").waitFor();

    await choose(page, "Second", "Edit");
    await page.keyboard.type(", edited");
    await page.keyboard.press("Enter");
    await messageOf(page, "Second, edited").and(focused(page)).waitFor();
    assert.deepEqual(ada.faults, []);
  });

  test("who deletes a message is still at its place", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(page, "A mistake");
    await choose(page, "A mistake", "Delete");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "More", exact: true }).and(focused(page)).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await messageOf(page, "This message was deleted").and(focused(page)).waitFor();
  });

  test("what can be done with a message isn't offered once one has turned away", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(page, "Pinned");
    await say(page, "Edited");
    await choose(page, "Pinned", "Pin");
    await composerOf(page).click();
    await composerOf(page).press("ArrowUp");
    await fieldOfEdit(page).press("Escape");
    await composerOf(page).and(focused(page)).waitFor();
    await page.getByRole("toolbar").waitFor({ state: "detached" });
    assert.equal(await page.getByRole("toolbar").count(), 0);
  });
});

function fieldOfEdit(page: Page) {
  return page.getByRole("textbox", { name: "Edit message" });
}

function focused(page: Page) {
  return page.locator(":focus");
}
