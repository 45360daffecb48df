import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { launchChromiumOn, noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { newRegistration } from "#tools/rig/users.ts";
import {
  breaksTheContract,
  looksLikeALaterContract,
  looksLikeContract10,
} from "./other-contracts.ts";
import { composerOf, messageOf, openRoomWith, say, signIn, startStage } from "./stage.ts";

/** Whoever reads the page hears of it, and sends all the same. */
describe("a browser or a server that isn't as it should be", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  /** Somebody in a room of their own, on a page that was prepared. */
  const begin = async (prepare: (context: BrowserContext) => Promise<unknown>) => {
    const ada = await stage.person("Ada");
    await prepare(ada.context);
    await openRoomWith(stage, [ada]);
    return ada;
  };
  const says = (page: Page, text: RegExp) =>
    page.getByRole("status").filter({ hasText: text }).waitFor();

  test("where nothing can be stored", async () => {
    const { page, faults } = await begin((it) =>
      it.addInitScript(
        `indexedDB.open = () => { throw new DOMException("refused", "SecurityError"); }`,
      ),
    );
    await says(page, /stores nothing for this site.*before you reload/);
    await say(page, "Hello");
    await isSent(page, "Hello");
    await page.getByRole("button", { name: "Hide" }).click();
    await page.getByText(/stores nothing/).waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  test("where the storage is full", async () => {
    const ada = await stage.person("Ada");
    await openRoomWith(stage, [ada]);
    // The browser asks for what is left now and then: here before anything is stored.
    const { context, page, faults } = await stage.visit();
    const browser = await context.newCDPSession(page);
    await browser.send("Storage.overrideQuotaForOrigin", { origin: stage.webUrl, quotaSize: 1 });
    await page.goto(stage.webUrl);
    await signIn(page, ada.username, ada.password);
    await page.getByRole("link", { name: /Garden/ }).click();
    await say(page, "Hello");
    await says(page, /no space left.*free some space/);
    await isSent(page, "Hello");
    assert.deepEqual(faults, []);
  });

  test("whose cookies are blocked, and with them all that is stored", async () => {
    const folder = await shared(await profileWithoutCookies());
    const context = await launchChromiumOn(folder.path);
    await using _closing = { [Symbol.asyncDispose]: () => context.close() };
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    const { firstName, lastName, username, email, password } = newRegistration();
    await page.goto(stage.webUrl);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("First name").fill(firstName);
    await page.getByLabel("Last name").fill(lastName);
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Create account" }).click();
    await says(page, /blocks cookies.*Allow them/);
    await page.getByRole("link", { name: "Browse rooms" }).first().click();
    await page.getByRole("button", { name: "Join general" }).click();
    await say(page, "Without cookies");
    await isSent(page, "Without cookies");
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  for (const days of [1, -1]) {
    test(`whose clock is ${days} day off`, async () => {
      const { page, faults } = await begin((it) => it.addInitScript(clockOffBy(days)));
      await says(page, /clock of this device is wrong.*Set it right/);
      await say(page, "Hello");
      await isSent(page, "Hello");
      assert.deepEqual(faults, []);
    });
  }

  test("a server of contract 1.0: one reads and writes, and is told so", async () => {
    const bob = await stage.person("Bob");
    const ada = await stage.person("Ada");
    await looksLikeContract10(ada.context);
    const roomId = await openRoomWith(stage, [bob, ada]);
    const { page } = ada;
    await says(page, /server is older than this page.*updates it/);
    await say(bob.page, "Hello");
    await messageOf(page, "Hello").waitFor();
    await say(page, "Hello yourself");
    await isSent(page, "Hello yourself");
    await messageOf(bob.page, "Hello yourself").waitFor();
    await page.getByRole("button", { name: "2 members" }).waitFor();
    await say(page, `@${bob.username} and here`);
    await isSent(page, "and here");
    await page.goto(`${stage.webUrl}/rooms/${roomId}?thread=1`);
    await messageOf(page, "Hello yourself").hover();
    // What it would refuse isn't offered.
    assert.equal(await page.getByRole("toolbar").count(), 0);
    await page.getByRole("button", { name: "Pinned messages" }).click();
    await page.getByText("This server can't do that yet.").waitFor();
    for (const path of ["/", "/browse", "/mentions", "/search?q=hello", "/settings/blocked"]) {
      await page.goto(stage.webUrl + path);
      await page.getByRole("link", { name: /Garden/ }).waitFor();
    }
    assert.deepEqual(ada.faults, []);
  });

  test("a server of a later contract: what isn't known does no harm", async () => {
    const ada = await stage.person("Ada");
    await looksLikeALaterContract(ada.context);
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await says(page, /server is newer than this page.*Reload it/);
    await page.getByRole("link", { name: /^Private room/ }).waitFor();
    await say(page, "Hello");
    await isSent(page, "Hello");
    await say(page, "Refuse this");
    await messageOf(page, "Refuse this").getByText("For a reason of a later contract").waitFor();
    await page.getByRole("button", { name: "Hide" }).click();
    await page.getByText(/server is newer/).waitFor({ state: "detached" });
    assert.deepEqual(ada.faults, []);
  });

  test("an answer that can't be shown: the page says so, and the rest is there", async () => {
    const ada = await stage.person("Ada");
    await breaksTheContract(ada.context);
    await openRoomWith(stage, [ada]);
    const { page } = ada;
    await say(page, "Break this");
    await page.getByRole("heading", { name: "This page has failed" }).waitFor();
    assert.notDeepEqual(ada.faults, []);
    await page.getByRole("button", { name: "Go to all rooms" }).click();
    await page.getByRole("link", { name: /Garden/ }).waitFor();
  });
});

async function isSent(page: Page, text: string): Promise<void> {
  const message = messageOf(page, text);
  await message.waitFor();
  await message.getByText("Not sent yet").waitFor({ state: "detached" });
  assert.equal(await message.getByRole("button", { name: "Try again" }).count(), 0);
  await composerOf(page).waitFor();
}

/** Moves what a page takes for now. */
const clockOffBy = (days: number) => `{
  const Real = Date;
  const now = () => Real.now() + ${days} * 86_400_000;
  globalThis.Date = class extends Real {
    constructor(...args) { super(...(args.length === 0 ? [now()] : args)); }
    static now() { return now(); }
  };
}`;

/** A browser's profile in which its user has blocked all cookies. */
async function profileWithoutCookies() {
  const path = await mkdtemp(join(tmpdir(), "profile-"));
  await mkdir(join(path, "Default"));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(path, "Default/Preferences"), JSON.stringify(preferences));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
