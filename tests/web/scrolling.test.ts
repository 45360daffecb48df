import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { createLongRoom } from "./long-room.ts";
import { messageOf, startStage } from "./stage.ts";
import {
  assertInOrder,
  assertScrolled,
  takeFrames,
  untilAhead,
  untilOlder,
  untilSteady,
} from "./watched-list.ts";

const count = 1_500;
const size = { width: 1280, height: 800 };

describe("the list of messages", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());
  const { id, bob, openWatched } = await createLongRoom(stage, count);

  /** Each press scrolls for some frames, in which rows are put before the others. */
  const pageUp = async (page: Page) => {
    await page.getByRole("feed", { name: "Messages" }).focus();
    await page.keyboard.press("PageUp");
    await untilSteady(page);
    const once = assertScrolled(await takeFrames(page));
    assert.ok(once < -100, `moved ${once} px`);
    const presses = 20;
    for (let i = 0; i < presses; i++) {
      await page.keyboard.press("PageUp");
      await untilAhead(page, 3 * once, 1);
    }
    await untilSteady(page);
    const frames = await takeFrames(page);
    assertInOrder(frames);
    assert.ok((frames.at(-1)?.first ?? count) < (frames[0]?.first ?? 0), "nothing was loaded");
    assertScrolled(frames, presses * once);
  };

  test("is scrolled by keys, smoothly", async () => {
    await using page = await openWatched(size);
    await pageUp(page);
  });

  test("is so in a browser without scroll anchoring", async () => {
    await using page = await openWatched(size, () => {
      CSS.supports = () => false;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("* { overflow-anchor: none }");
      document.adoptedStyleSheets.push(sheet);
    });
    await pageUp(page);
  });

  test("stays where it is when older ones are put before its very start", async () => {
    await using page = await openWatched(size);
    await page.getByRole("feed", { name: "Messages" }).evaluate((list) => {
      list.scrollTop = 0;
    });
    await untilOlder(page);
    await untilSteady(page);
    const frames = await takeFrames(page);
    const start = frames.findIndex(({ above }) => above === 0);
    assert.ok(start > 0, "it wasn't at the very start");
    assertScrolled(frames.slice(start), 0);
  });

  test("loads older ones again where that has failed", async () => {
    await using page = await openWatched(size);
    let requests = 0;
    await page.route(/\/messages\?.*before=/, (route) =>
      requests++ === 0 ? route.abort() : route.continue(),
    );
    await page.getByRole("feed", { name: "Messages" }).evaluate((list) => {
      list.scrollTop = 0;
    });
    await untilOlder(page);
    assert.ok(requests > 1, `${requests} requests`);
  });

  test("shows what comes to who reads the end, and to nobody else", async () => {
    await using page = await openWatched(size);
    const say = async (content: string) => {
      const answer = await bob.api.post(`/api/rooms/${id}/messages`, { content });
      assert.equal(answer.status, 201, answer.text);
      await messageOf(page, content).waitFor();
      await untilSteady(page);
      return takeFrames(page);
    };
    const followed = (await say(`${count + 1} follows`)).at(-1);
    assert.deepEqual([followed?.last, followed?.below], [count + 1, 0]);
    await page.mouse.wheel(0, -200);
    await untilSteady(page);
    await takeFrames(page);
    assertScrolled(await say(`${count + 2} is below`), 0);
    const toEnd = page.getByRole("button", { name: "New messages" });
    await toEnd.click();
    await toEnd.waitFor({ state: "hidden" });
    await untilSteady(page);
    assert.equal((await takeFrames(page)).at(-1)?.below, 0);
  });
});
