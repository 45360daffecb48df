import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import {
  choose,
  composerOf,
  messageOf,
  openRoomWith,
  type Person,
  say,
  startStage,
} from "./stage.ts";

describe("what is told, read and found again", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("who is mentioned by the list finds it by badge, title and page", async () => {
    const [ada, bob, eve] = [
      await stage.person("Ada"),
      await stage.person("Bob"),
      await stage.person("Eve"),
    ];
    await openRoomWith(stage, [ada, bob, eve], "Watch");
    await Promise.all([bob, eve].map(({ page }) => page.goto(stage.webUrl)));
    const { page } = ada;
    await page.getByRole("button", { name: "3 members", exact: true }).waitFor();
    await composerOf(page).pressSequentially("@");
    const options = page.getByRole("listbox", { name: "Members" }).getByRole("option");
    await options.nth(1).waitFor();
    const chosen = page.getByRole("option", { selected: true });
    while (!(await chosen.innerText()).includes(eve.name)) {
      const before = await chosen.innerText();
      await composerOf(page).press("ArrowDown");
      await chosen.filter({ hasNotText: before }).waitFor();
    }
    await composerOf(page).press("Enter");
    assert.equal(await composerOf(page).inputValue(), `@${eve.username} `);
    await composerOf(page).pressSequentially("your turn");
    await composerOf(page).press("Enter");
    const content = `@${eve.username} your turn`;

    const room = (person: Person) => person.page.getByRole("link", { name: /Watch/ });
    await room(eve).filter({ hasText: content }).getByText("1 unread").waitFor();
    await eve.page.getByRole("link", { name: "Mentions 1" }).click();
    assert.equal(await eve.page.title(), "(1) Aetherconnect");
    await eve.page
      .getByRole("main")
      .getByRole("link", { name: /your turn/ })
      .click();
    await messageOf(eve.page, content).and(eve.page.locator(".is-for-me")).waitFor();
    await room(eve).getByText("1 unread").waitFor({ state: "detached" });
    await eve.page.getByRole("link", { name: "Mentions", exact: true }).waitFor();

    await room(bob).filter({ hasText: content }).getByText("1 unread").waitFor();
    assert.equal(await bob.page.title(), "Aetherconnect");
    assert.deepEqual([...ada.faults, ...bob.faults, ...eve.faults], []);
  });

  test("days and what is new have their lines; one begins at what is new", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob]);
    await say(bob.page, "Before");
    await messageOf(bob.page, "Before").waitFor();
    await bob.page.goto(stage.webUrl);
    for (const content of ["First", "Second"]) await post(ada, roomId, content);
    await setDay(roomId, 1, "2 days");
    await setDay(roomId, 2, "1 day");
    await bob.page.goto(`${stage.webUrl}/rooms/${roomId}`);
    await messageOf(bob.page, "Second").waitFor();
    const lines = await bob.page
      .getByRole("feed", { name: "Messages" })
      .locator(".day-line, .new-line, .content")
      .allInnerTexts();
    const [day, ...others] = lines;
    assert.match(day ?? "", /^\w+day/);
    assert.deepEqual(others, ["Before", "Yesterday", "New", "First", "Today", "Second"]);
  });

  test("from the end one jumps to the first that isn't read", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob]);
    await bob.page.goto(stage.webUrl);
    for (let i = 1; i <= 120; i++) await post(ada, roomId, `line ${i}.`);
    await bob.page.goto(`${stage.webUrl}/rooms/${roomId}`);
    const bar = bob.page.getByText("120 new messages");
    await bar.waitFor();
    await bob.page.getByRole("button", { name: "Jump to the first" }).click();
    await messageOf(bob.page, "line 1.").and(bob.page.locator(".is-target")).waitFor();
    await bob.page.getByText("New", { exact: true }).waitFor();
    await bar.waitFor({ state: "detached" });
  });

  test("what one has seen is read, also where one doesn't read to the end", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob], "Halfway");
    await bob.page.goto(stage.webUrl);
    for (let i = 1; i <= 45; i++) await post(ada, roomId, `line ${i}.`);
    const { page } = bob;
    const unread = page.getByRole("link", { name: /Halfway/ }).getByText(/\d+ unread/);
    await unread.filter({ hasText: "45" }).waitFor();
    await page.goto(`${stage.webUrl}/rooms/${roomId}`);
    await messageOf(page, "line 1.").waitFor();
    /** Waits until more is in sight, and counts as read, and nothing below it. */
    const isReadAsSeen = async (before: number) => {
      const seen = await page.waitForFunction((least) => {
        const feed = document.querySelector('[role=feed][aria-label="Messages"]');
        const bottom = feed?.getBoundingClientRect().bottom ?? 0;
        const lines = [...document.querySelectorAll(".message")].filter(
          (it) => it.getBoundingClientRect().bottom <= bottom,
        );
        const [, last] = /line (\d+)\./.exec(lines.at(-1)?.textContent ?? "") ?? [];
        const badge = document.querySelector("[aria-current] .badge")?.textContent ?? "";
        return Number(last) > least && badge === `${45 - Number(last)} unread` && Number(last);
      }, before);
      return Number(await seen.jsonValue());
    };
    const first = await isReadAsSeen(0);
    await page.getByRole("feed", { name: "Messages" }).hover();
    await page.mouse.wheel(0, 300);
    const second = await isReadAsSeen(first);
    assert.ok(second < 45, `${second} in sight`);
    // The line stays where one has begun.
    const line = page.getByText("New", { exact: true }).locator("..");
    await page.mouse.wheel(0, -2_000);
    await line.getByText("line 1.").waitFor();
    await page.goto(stage.webUrl);
    await unread.filter({ hasText: `${45 - second} unread` }).waitFor();
  });

  test("what is marked as unread is unread, and found there again", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob], "Later");
    for (const content of ["One", "Two", "Three"]) await say(ada.page, content);
    await messageOf(bob.page, "Three").waitFor();
    const room = bob.page.getByRole("link", { name: /Later/ });
    await choose(bob.page, "Two", "Mark as unread");
    await room.getByText("2 unread").waitFor();
    await bob.page.goto(stage.webUrl);
    await room.getByText("2 unread").waitFor();
    await bob.page.goto(`${stage.webUrl}/rooms/${roomId}`);
    const row = bob.page.getByText("New", { exact: true }).locator("..");
    await row.getByText("Two").waitFor();
    await room.getByText("unread").waitFor({ state: "detached" });
  });

  test("what is pinned stands in a list for all, until it is unpinned", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    await openRoomWith(stage, [ada, bob]);
    await say(ada.page, "Before anybody forgets it:");
    await say(ada.page, "The door code is in the safe");
    await choose(bob.page, "door code", "Pin");
    await messageOf(ada.page, "door code").getByText("Pinned").waitFor();
    await ada.page.getByRole("button", { name: "Pinned messages" }).click();
    const pins = ada.page.getByRole("complementary", { name: "Pinned messages" });
    await pins.getByRole("link", { name: /door code/ }).click();
    await messageOf(ada.page, "door code").and(ada.page.locator(".is-target")).waitFor();
    await choose(bob.page, "door code", "Unpin");
    await pins.getByText("Nothing is pinned").waitFor();
    await messageOf(ada.page, "door code").getByText("Pinned").waitFor({ state: "detached" });
  });

  test("one sees who has read, and not before they have looked", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const roomId = await openRoomWith(stage, [ada, bob]);
    await bob.page.goto(stage.webUrl);
    await say(ada.page, "Seen?");
    const room = bob.page.getByRole("link", { name: /Seen/ });
    await room.getByText("1 unread").waitFor();
    const isRead = messageOf(ada.page, "Seen?").getByRole("img", { name: `Read by ${bob.name}` });
    assert.equal(await isRead.count(), 0);
    await bob.page.goto(`${stage.webUrl}/rooms/${roomId}`);
    await isRead.waitFor();
  });

  test("who searches everywhere comes to the place of what they have found", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada], "Archive");
    const { page } = ada;
    await say(page, "The ledger is in the attic");
    await messageOf(page, "ledger").waitFor();
    await page.goto(`${stage.webUrl}/search`);
    await page.getByRole("searchbox", { name: "Search messages" }).fill("attic ledg");
    await page.getByRole("link", { name: /in Archive/ }).click();
    await messageOf(page, "ledger").and(page.locator(".is-target")).waitFor();
  });

  const post = async (person: Person, roomId: string, content: string) => {
    const answer = await person.api.post(`/api/rooms/${roomId}/messages`, { content });
    assert.equal(answer.status, 201, answer.text);
  };
  /** As if a message had been sent so long ago. */
  const setDay = (roomId: string, seq: number, ago: string) =>
    stage.platform.database.query(
      "update message.messages set created_at = created_at - $3::interval where room_id = $1 and seq = $2",
      [roomId, seq, ago],
    );

  test("a time of the morning is written as in full times, by the reader's language", async () => {
    const hoursToEight = (8 - new Date().getUTCHours() + 24) % 24;
    // Of these zones the sign is the other way round, and they go from -14 to 12.
    const zone = hoursToEight <= 12 ? -hoursToEight : 24 - hoursToEight;
    const timezoneId = zone === 0 ? "UTC" : `Etc/GMT${zone > 0 ? "+" : ""}${zone}`;
    const ada = await stage.person("Ada", { timezoneId });
    await openRoomWith(stage, [ada]);
    await say(ada.page, "Good morning");
    const time = messageOf(ada.page, "Good morning").locator("time");
    const shown = await time.innerText();
    assert.match(shown, /^0[89]:\d\d$/);
    assert.match((await time.getAttribute("title")) ?? "", new RegExp(`${shown}$`));
  });
});
