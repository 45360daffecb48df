import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ROOT } from "#contract/root.ts";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { setScene } from "./scene.ts";
import { messageOf, startStage } from "./stage.ts";

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 844 };

/** `KEEP_PICTURES=1` renews those that the documents show. */
const isKept = process.env.KEEP_PICTURES === "1";

describe("pictures of the web client", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());
  const folder = isKept ? join(ROOT, "docs/images") : await mkdtemp(join(tmpdir(), "pictures-"));
  await mkdir(folder, { recursive: true });
  if (!isKept) await shared({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });

  test("of a room, wide and narrow, light and dark", async () => {
    const { ada, roomId, threadSeq } = await setScene(stage);
    const { page } = ada;
    const picture = async (name: string) => {
      const path = join(folder, `web-${name}.png`);
      await page.screenshot({ path, animations: "disabled", caret: "hide" });
      assert.ok((await stat(path)).size > 10_000, `${name} shows nothing`);
    };
    const look = async (path: string, size: typeof wide, colorScheme: "light" | "dark") => {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await page.goto(stage.webUrl + path);
    };
    const room = `/rooms/${roomId}`;
    await look(`${room}?thread=${threadSeq}`, wide, "light");
    await messageOf(page, "Read it").waitFor();
    await page.getByRole("feed", { name: "Thread" }).getByText("Be merciless").waitFor();
    await picture("wide");
    await look(room, wide, "dark");
    await messageOf(page, "Read it").waitFor();
    await picture("dark");
    await look(room, narrow, "light");
    await messageOf(page, "Read it").waitFor();
    await picture("narrow");
    await look("/", narrow, "light");
    await page.getByRole("link", { name: /^Room garden|garden/ }).waitFor();
    await picture("rooms");
  });
});
