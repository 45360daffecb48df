import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { composerOf, messageOf, openRoomWith, say, startStage } from "./stage.ts";

const markup = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  '"><svg onload=alert(1)>',
  "{{7*7}} <%= 7*7 %> [x](javascript:alert(1))",
  "javascript:alert(1) data:text/html,<b>x</b> vbscript:x file:///etc/passwd",
];
const widest = [
  "😀".repeat(4_000),
  "W".repeat(4_000),
  `https://example.com/${"a".repeat(3_000)}`,
  "\u202Egnp.exe\u202C and \u2067more\u2066",
  "\n".repeat(500).concat("end"),
  "Z\u0351\u036B\u0343".repeat(900),
];

describe("content of every kind", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("is shown as text: nothing runs, nothing is wider than its place", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person(`\u202E${"B".repeat(98)} \u202E${"W".repeat(98)}`);
    const name = "<b>Room</b> ".repeat(8).slice(0, 100).trim();
    const roomId = await openRoomWith(stage, [ada, bob], name);
    const { page } = ada;
    page.on("dialog", (dialog) => ada.faults.push(`dialog: ${dialog.message()}`));
    for (const content of [...markup, ...widest]) {
      const sent = await bob.api.post(`/api/rooms/${roomId}/messages`, { content });
      assert.equal(sent.status, 201, sent.text);
      if (markup.includes(content)) await messageOf(page, content).waitFor();
    }
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 360, height: 700 },
    ]) {
      await page.setViewportSize(viewport);
      for (const content of [...markup, ...widest].reverse()) {
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
        const wider = await page.evaluate(() =>
          [
            ...document.querySelectorAll<HTMLElement>(
              ".content, .message, .room-item, h1, .reply-line",
            ),
          ]
            .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
            .map((it) => it.className),
        );
        assert.deepEqual(wider, [], content.slice(0, 20));
        await page.mouse.move(viewport.width - 200, 300);
        await page.mouse.wheel(0, -400);
      }
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    }
    assert.equal(await page.locator(".content img, .content script, .content svg").count(), 0);
    assert.deepEqual([...ada.faults, ...bob.faults], []);
  });

  test("links open pages and letters alone, and never with this page in hand", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(
      page,
      "see https://example.com/a?b=1#c, (http://example.org), mail x@example.com, " +
        "not javascript:alert(1) data:text/html,x ftp://example.com/x file:///etc",
    );
    const links = messageOf(page, "not javascript").getByRole("link");
    await links.first().waitFor();
    const found = await links.evaluateAll((all) =>
      all.map((it) => [it.getAttribute("href"), it.getAttribute("rel")]),
    );
    const rel = "noopener noreferrer nofollow";
    assert.deepEqual(found, [
      ["https://example.com/a?b=1#c", rel],
      ["http://example.org", rel],
      ["mailto:x@example.com", rel],
    ]);
  });

  test("what is too long isn't sent, and says so", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    await composerOf(ada.page).fill("x".repeat(4_001));
    await ada.page.getByText("-1 characters left").waitFor();
    await composerOf(ada.page).press("Enter");
    assert.ok(await ada.page.getByRole("button", { name: "Send" }).isDisabled());
    assert.equal((await composerOf(ada.page).inputValue()).length, 4_001);
  });
});
