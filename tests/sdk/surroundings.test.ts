import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BrowserContext } from "playwright-core";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { contentsOf, isLive, openRoom, startStage } from "./browser.ts";

describe("a browser that isn't as it should be", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  const begin = async (prepare: (context: BrowserContext) => Promise<unknown>) => {
    const context = await stage.newContext();
    await prepare(context);
    const page = await stage.openPage(context);
    const user = await stage.signUp(page);
    const roomId = await page.evaluate(
      async () => (await chat.rooms.create({ name: "Own", roomType: "private" })).id,
    );
    await openRoom(page, roomId);
    const problems = () => page.evaluate(() => chat.problems.getSnapshot().map((it) => it.code));
    return { context, page, user, problems };
  };

  test("without IndexedDB it sends all the same, and says that a reload would lose", async () => {
    const { context, page, problems } = await begin((it) =>
      it.addInitScript(
        `indexedDB.open = () => { throw new DOMException("refused", "SecurityError"); }`,
      ),
    );
    await page.evaluate(() => room.send("hello"));
    assert.deepEqual(await problems(), ["STORAGE_UNAVAILABLE"]);
    await context.close();
  });

  test("where the storage is full, too", async () => {
    const { context, page, problems } = await begin(async () => undefined);
    const browser = await context.newCDPSession(page);
    const { origin } = new URL(page.url());
    await browser.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await page.evaluate(() => room.send("hello"));
    assert.deepEqual(await problems(), ["STORAGE_FULL"]);
    assert.deepEqual(await contentsOf(page), ["hello"]);
    assert.equal(await page.evaluate(() => chat.outbox.getSnapshot().length), 0);
    await context.close();
  });

  test("without cookies the page keeps the tokens, and says that a reload signs out", async () => {
    const { context, page, problems } = await begin((it) =>
      it.route("**/api/auth/*", async (route) => {
        const { cookie: _, ...headers } = await route.request().allHeaders();
        const response = await route.fetch({ headers });
        await it.clearCookies();
        const { "set-cookie": __, ...others } = response.headers();
        await route.fulfill({ response, headers: others });
      }),
    );
    await page.evaluate(() => room.send("hello"));
    assert.deepEqual(await problems(), ["COOKIES_BLOCKED"]);
    await context.close();
  });

  test("a clock that is wrong by a day is noticed, and times are the server's", async () => {
    const { context, page, problems } = await begin((it) =>
      it.addInitScript(`{ const now = Date.now; Date.now = () => now() + 86_400_000; }`),
    );
    assert.deepEqual(await problems(), ["CLOCK_WRONG"]);
    const { drafted, stored } = await page.evaluate(async () => {
      const sending = room.send("hello");
      const drafted = room.getSnapshot().messages.at(-1)?.createdAt;
      return { drafted, stored: (await sending).createdAt };
    });
    const apart = Math.abs(Date.parse(drafted ?? "") - Date.parse(stored));
    assert.ok(apart < 60_000, `${apart} ms`);
    await context.close();
  });
});

describe("tokens that expire", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  test("five tabs renew them once a period", async (t) => {
    const context = await stage.newContext();
    const first = await stage.openPage(context);
    await stage.signUp(first);
    const others = await Promise.all([1, 2, 3, 4].map(() => stage.openPage(context)));
    const tabs = [first, ...others];
    await Promise.all(tabs.map(isLive));
    let renewals = 0;
    context.on("request", (it) => {
      if (it.url().endsWith("/api/auth/refresh")) renewals++;
    });
    const periods = 20;
    for (let period = 0; period < periods; period++) {
      // What a browser does with the cookie when the token ends.
      await context.clearCookies({ name: "accessToken" });
      await Promise.all(
        tabs.map((tab) =>
          tab.evaluate(async () => {
            // A busy machine may answer that it can't just now.
            const ask = () => Promise.all([chat.call.listRooms(), chat.call.getProfile()]);
            while ((await ask().catch(() => undefined)) === undefined);
          }),
        ),
      );
    }
    for (const tab of tabs) {
      assert.equal(await tab.evaluate(() => chat.auth.getSnapshot().status), "signed-in");
    }
    t.diagnostic(`${renewals} renewals in ${periods} periods`);
    assert.ok(renewals >= periods && renewals <= 1.2 * periods, `${renewals} renewals`);
    await context.close();
  });
});
