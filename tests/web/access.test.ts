import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Locator, Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { setScene } from "./scene.ts";
import { composerOf, messageOf, signIn, startStage } from "./stage.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const slow = { timeout: 300_000 };

describe("everybody can use the web client", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  const { ada, roomId, threadSeq } = await setScene(stage);
  const room = `/rooms/${roomId}`;
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`axe-core finds nothing on any page, ${size}, ${colorScheme}`, slow, async () => {
        const visitor = await stage.visit({ viewport, colorScheme, reducedMotion: "reduce" });
        await visitor.page.addInitScript(`indexedDB.open = () => { throw new Error("refused"); }`);
        await visitor.page.goto(stage.webUrl);
        await visitor.page.getByRole("heading", { name: "Sign in" }).waitFor();
        await check(visitor.page, "sign in");
        await visitor.page.getByRole("button", { name: "Create an account" }).click();
        await check(visitor.page, "sign up");
        await visitor.page.getByRole("button", { name: "Sign in" }).last().click();
        await signIn(visitor.page, ada.username, ada.password);
        await visitor.page.getByRole("button", { name: "Hide" }).waitFor();
        // What React Aria has announced of the button stays for seconds, though that is gone.
        await visitor.page.reload();
        await visitor.page.getByRole("button", { name: "Hide" }).waitFor();
        await check(visitor.page, "what is wrong with the browser");
        await visitor.context.route(/assets\/settings-page/, (it) => it.abort());
        await visitor.page.goto(`${stage.webUrl}/settings/profile`);
        await visitor.page.getByText("This can't be loaded").waitFor();
        await check(visitor.page, "what can't be loaded");

        const { page } = ada;
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const [path, isThere] of pages(page)) {
          await page.goto(stage.webUrl + path);
          await isThere().waitFor();
          await check(page, path);
        }
        await checkWhatOpens(page);
      });
    }
  }

  const pages = (page: Page): [string, () => Locator][] => [
    ["/", () => page.getByRole("link", { name: /garden/ })],
    ["/browse", () => page.getByRole("button", { name: "Join general" })],
    ["/search?q=guide", () => page.getByRole("link", { name: /guide/ }).first()],
    ["/mentions", () => page.getByRole("link", { name: /dark ones/ }).first()],
    ["/settings/profile", () => page.getByLabel("First name")],
    ["/settings/appearance", () => page.getByRole("radio", { name: "Dark" })],
    ["/settings/sessions", () => page.getByText("This one", { exact: true })],
    ["/settings/blocked", () => page.getByText("You have blocked nobody")],
    [`${room}?thread=${threadSeq}`, () => page.getByText("Be merciless").last()],
    [room, () => messageOf(page, "Yes please")],
  ];

  test("the keyboard reaches messages and what can be done with them", async () => {
    const { page } = ada;
    await page.setViewportSize(sizes.wide);
    await page.goto(stage.webUrl);
    await page.getByRole("link", { name: /launch/ }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("laun");
    const first = page.getByRole("option").first();
    await first.filter({ hasText: "launch" }).waitFor();
    await page.keyboard.press("Enter");
    await composerOf(page).waitFor();
    await messageOf(page, "Read it").waitFor();
    await composerOf(page).focus();
    await page.keyboard.press("Shift+Tab");
    const feed = page.getByRole("feed", { name: "Messages" });
    assert.ok(await feed.evaluate((it) => it.contains(document.activeElement)));
    await feed.focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await page.getByRole("article", { name: /Ada/ }).last().and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "React" }).and(page.locator(":focus")).waitFor();
  });
});

/** On the page of a room: what opens over it and beside it. */
async function checkWhatOpens(page: Page): Promise<void> {
  const message = messageOf(page, "Yes please");
  await message.hover();
  await check(page, "toolbar");
  await message.getByRole("button", { name: "More" }).click();
  await page.getByRole("menu").waitFor();
  await check(page, "menu");
  await close(page, "menu");
  await message.hover();
  await message.getByRole("button", { name: "React" }).click();
  await page.getByRole("gridcell").first().waitFor();
  await check(page, "emoji");
  await close(page, "dialog");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await check(page, "quick switcher");
  await close(page, "dialog");
  await page.getByRole("button", { name: "More about this room" }).click();
  await page.getByRole("menuitemradio", { name: "Mentions" }).waitFor();
  await check(page, "room menu");
  await page.getByRole("menuitem", { name: "Leave room" }).click();
  await page.getByRole("dialog", { name: "Leave launch?" }).waitFor();
  await check(page, "leave");
  await close(page, "dialog");
  for (const [button, panel] of [
    ["4 members", "Members"],
    ["Pinned messages", "Pinned messages"],
    ["Search this room", "Search this room"],
  ] as const) {
    await page.getByRole("button", { name: button, exact: true }).click();
    const beside = page.getByRole("complementary", { name: panel });
    if (panel === "Search this room") await beside.getByRole("searchbox").fill("guide");
    await beside.getByRole("listitem").first().waitFor();
    await check(page, `panel: ${panel}`);
    if (panel === "Members") {
      await beside.getByRole("button", { name: "Remove Grace Hopper" }).click();
      await page.getByRole("dialog").waitFor();
      await check(page, "remove a member");
      await close(page, "dialog");
    }
    await beside.getByRole("button", { name: /^Close/ }).click();
  }
}

/** What is still closing would count for what is checked next. */
async function close(page: Page, role: "dialog" | "menu"): Promise<void> {
  await page.keyboard.press("Escape");
  await page.getByRole(role).waitFor({ state: "detached" });
}

async function check(page: Page, name: string): Promise<void> {
  assert.deepEqual(await findings(page), [], name);
}

async function findings(page: Page): Promise<string[]> {
  // The page's policy lets no script in but by the browser's own debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as typeof globalThis & {
      axe: { run: (options: object) => Promise<AxeResults> };
    };
    return axe.run({ resultTypes: ["violations"] });
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}
