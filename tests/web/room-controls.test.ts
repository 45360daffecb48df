import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { composerOf, messageOf, openRoomWith, type Person, say, startStage } from "./stage.ts";

describe("what can be done with a room", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("it is searched alone, and what is found is shown beside", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada], "Elsewhere");
    await say(ada.page, "The kettle of another room");
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(page, "Who has the kettle?");
    for (let i = 1; i <= 60; i++) await ada.api.post(pathOf(page), { content: `line ${i}` });
    await messageOf(page, "line 60").waitFor();
    const open = page.getByRole("button", { name: "Search this room", exact: true });
    await open.click();
    const beside = page.getByRole("complementary", { name: "Search this room" });
    await beside.getByRole("searchbox").fill("kettl");
    const found = beside.getByRole("link");
    await found.first().waitFor();
    assert.deepEqual(await found.allInnerTexts().then((all) => all.map(contentOf)), [
      "Who has the kettle?",
    ]);
    await found.click();
    await shownTarget(page, "Who has the kettle?");
    // Once more, from elsewhere in the room.
    await page.getByRole("button", { name: "Newest" }).click();
    await messageOf(page, "line 60").waitFor();
    await found.click();
    await shownTarget(page, "Who has the kettle?");

    await page.setViewportSize({ width: 390, height: 844 });
    await found.click();
    await shownTarget(page, "Who has the kettle?");
    await open.click();
    await beside.getByRole("searchbox").fill("nobody said this");
    await beside.getByText("Nothing found").waitFor();
    await beside.getByRole("button", { name: "Clear" }).click();
    await beside.getByText("Find what was said here").waitFor();
    assert.deepEqual(ada.faults, []);
  });

  test("what one is notified of is one's own choice, and its badge follows", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob], "Noise");
    const { page } = bob;
    const choose = async (level: string) => {
      await page.goto(`${stage.webUrl}/rooms/${roomId}`);
      await page.getByRole("button", { name: "More about this room" }).click();
      await page.getByRole("menuitemradio", { name: level }).click();
      await page.getByRole("menu").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "More about this room" }).click();
      const chosen = page.getByRole("menuitemradio", { name: level });
      await chosen.and(page.locator("[aria-checked=true]")).waitFor();
      await page.goto(stage.webUrl);
    };
    const room = page.getByRole("link", { name: /Noise/ });
    const hears = async (content: string, badge: string | null, more = {}) => {
      await ada.api.post(`/api/rooms/${roomId}/messages`, { content, ...more });
      await room.filter({ hasText: content }).waitFor();
      if (badge) await room.getByText(`${badge} unread`).waitFor();
      else assert.equal(await room.getByText("unread").count(), 0, content);
    };
    await choose("Nothing");
    await hears("quiet", null);
    await hears("quiet for you", null, { mentions: [bob.id] });
    assert.equal(await page.title(), "Aetherconnect");
    await choose("Mentions");
    await hears("aside", null);
    await hears("to you", "1", { mentions: [bob.id] });
    await choose("All messages");
    await hears("to all", "1");
    assert.deepEqual(bob.faults, []);
  });

  test("who made it removes members, who are out at once", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    await openRoomWith(stage, [ada, bob], "Kitchen");
    await members(bob, 2).then((beside) => beside.getByText(ada.name).waitFor());
    assert.equal(await bob.page.getByRole("button", { name: /^Remove / }).count(), 0);

    const beside = await members(ada, 2);
    await beside.getByRole("button", { name: `Remove ${bob.name}` }).click();
    const dialog = ada.page.getByRole("dialog", { name: `Remove ${bob.name}?` });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await beside.getByRole("button", { name: `Remove ${bob.name}` }).click();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await beside.getByText(bob.name).waitFor({ state: "detached" });
    await ada.page.getByRole("button", { name: "One member" }).waitFor();
    await bob.page.getByRole("link", { name: /Kitchen/ }).waitFor({ state: "detached" });
    await bob.page.getByText("This room isn't there, or isn't open to you.").waitFor();
  });

  test("who leaves is asked first, and joins again where anybody may", async () => {
    const ada = await stage.person("Ada");
    const { page } = ada;
    await page.goto(`${stage.webUrl}/browse`);
    await page.getByRole("button", { name: "Join general" }).click();
    await composerOf(page).waitFor();
    await page.getByRole("button", { name: "More about this room" }).click();
    await page.getByRole("menuitem", { name: "Leave room" }).click();
    await page.getByRole("dialog").getByText("join it again at any time").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await page.getByRole("link", { name: /^Room general/ }).waitFor({ state: "detached" });
    await page.waitForURL(`${stage.webUrl}/`);
    await page.goBack();
    const join = page.getByRole("button", { name: "Join room" });
    await ada.context.route("**/api/rooms/*/join", (it) => it.abort(), { times: 1 });
    await join.click();
    await page.getByText("The server can't be reached.").waitFor();
    await join.click();
    await composerOf(page).waitFor();
    assert.deepEqual(ada.faults, []);
  });
});

async function members({ page }: Person, count: number) {
  await page.getByRole("button", { name: `${count} members`, exact: true }).click();
  return page.getByRole("complementary", { name: "Members" });
}

function pathOf(page: Page): string {
  return `/api${new URL(page.url()).pathname}/messages`;
}

/** A found message's last line is what was said. */
function contentOf(text: string): string {
  return text.split("\n").at(-1) ?? "";
}

/** Waits for a message that is shown because it was asked for. */
async function shownTarget(page: Page, text: string): Promise<void> {
  const target = messageOf(page, text).and(page.locator(".is-target"));
  await target.waitFor();
  await target.waitFor({ state: "visible" });
  assert.ok(
    await target.evaluate((it) => {
      const { top, bottom } = it.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }),
    `${text} is out of sight`,
  );
  // Until it is no longer marked, it can't be told from the next time.
  await messageOf(page, text).and(page.locator(":not(.is-target)")).waitFor();
}
