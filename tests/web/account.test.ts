import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noChromium } from "#tools/rig/browser.ts";
import { shared } from "#tools/rig/shared.ts";
import { composerOf, messageOf, type Person, say, signIn, startStage } from "./stage.ts";

describe("one's own account", { skip: noChromium }, async () => {
  if (noChromium) return;
  const stage = await shared(startStage());

  const signInElsewhere = async (person: Person) => {
    const other = await stage.visit();
    await other.page.goto(stage.webUrl);
    await signIn(other.page, person.username, person.password);
    await other.page.getByRole("button", { name: `@${person.username}` }).waitFor();
    return other;
  };

  test("a session that is ended elsewhere is over at once", async () => {
    const ada = await stage.person("Ada");
    const other = await signInElsewhere(ada);
    const { page } = ada;
    await page.goto(`${stage.webUrl}/settings/sessions`);
    const sessions = page.getByRole("main").getByRole("listitem");
    await sessions.filter({ hasText: "This one" }).waitFor();
    const asked: string[] = [];
    const mayGo = Promise.withResolvers<void>();
    await page.route("**/api/auth/sessions/*", async (route) => {
      asked.push(route.request().url());
      await mayGo.promise;
      await route.continue();
    });
    // The newest one of the others is the other browser's.
    await sessions.getByRole("button", { name: "End" }).first().dblclick();
    mayGo.resolve();
    await other.page.getByText("Your session has ended. Sign in to go on.").waitFor();
    assert.equal(asked.length, 1, asked.join());
    await page.reload();
    await sessions.filter({ hasText: "This one" }).waitFor();
    assert.deepEqual([...ada.faults, ...other.faults], []);
  });

  test("a new name is seen by others, a new password counts alone", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    await bob.api.post("/api/direct-messages", { userId: ada.id });
    await bob.page.reload();
    await bob.page.getByRole("link", { name: /Ada Example/ }).waitFor();
    const other = await signInElsewhere(ada);
    const { page } = ada;
    await page.goto(`${stage.webUrl}/settings/profile`);
    await page.getByLabel("Last name").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByLabel("Last name").and(page.locator("[aria-invalid]")).waitFor();
    await page.getByLabel("Last name").fill("King");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByRole("button", { name: `Ada King @${ada.username}` }).waitFor();
    await bob.page.getByRole("link", { name: /Ada King/ }).waitFor();

    const isShown = page.getByRole("switch", { name: "Show others when I am online" });
    await ada.context.route("**/api/auth/profile", (it) => it.abort(), { times: 1 });
    await isShown.click({ force: true });
    await page.getByText("The server can't be reached.").waitFor();
    assert.ok(await isShown.isChecked());
    await isShown.click({ force: true });
    await isShown.and(page.locator(":not(:checked)")).waitFor();
    await page.getByText("The server can't be reached.").waitFor({ state: "detached" });

    const change = page.getByRole("button", { name: "Change password" });
    await page.getByLabel("Current password").fill("not my password");
    await page.getByLabel("New password").fill("quite another horse");
    await change.click();
    await page.getByText("This isn't your password.").waitFor();
    await page.getByLabel("Current password").and(page.locator(":focus")).waitFor();
    await page.getByLabel("Current password").fill(ada.password);
    await change.click();
    await page.getByText("Changed", { exact: true }).waitFor();
    await other.page.getByText("Your session has ended. Sign in to go on.").waitFor();
    await signIn(other.page, ada.username, ada.password);
    await other.page.getByText("The username, email or password is wrong.").waitFor();
    await signIn(other.page, ada.username, "quite another horse");
    await other.page.getByRole("button", { name: `@${ada.username}` }).waitFor();
    assert.deepEqual([...ada.faults, ...bob.faults, ...other.faults], []);
  });

  test("who is blocked can't write, until they are unblocked", async () => {
    const ada = await stage.person("Ada");
    const bob = await stage.person("Bob");
    const opened = await bob.api.post("/api/direct-messages", { userId: ada.id });
    const room = `${stage.webUrl}/rooms/${opened.body.room.id}`;
    await bob.api.post(`/api/rooms/${opened.body.room.id}/messages`, { content: "Hello" });
    await Promise.all([ada, bob].map(({ page }) => page.goto(room)));
    const { page } = ada;
    const more = page.getByRole("button", { name: "More about this conversation" });
    await more.click();
    await page.getByRole("menuitem", { name: "Block" }).click();
    await page.getByText("Blocked", { exact: true }).waitFor();
    await composerOf(bob.page).waitFor();
    await say(bob.page, "And now?");
    const refused = messageOf(bob.page, "And now?");
    await refused.getByText("You can't write to this person.").waitFor();

    await page.goto(`${stage.webUrl}/settings/blocked`);
    await page.getByRole("listitem").filter({ hasText: bob.name }).waitFor();
    await page.goto(room);
    await page.getByText("Blocked", { exact: true }).waitFor();
    await more.click();
    await page.getByRole("menuitem", { name: "Unblock" }).click();
    await page.getByText("Blocked", { exact: true }).waitFor({ state: "detached" });
    await refused.getByRole("button", { name: "Try again" }).click();
    await messageOf(page, "And now?").waitFor();
    assert.deepEqual([...ada.faults, ...bob.faults], []);
  });
});
