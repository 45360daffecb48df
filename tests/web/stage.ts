import assert from "node:assert/strict";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { buildWebClient } from "#tools/platform/web-client/build.ts";
import { serveWebClient } from "#tools/platform/web-client/serve.ts";
import { launchChromium } from "#tools/rig/browser.ts";
import { createHttpClient, type HttpClient } from "#tools/rig/http-client.ts";
import { type Platform, type PlatformOptions, startPlatform } from "#tools/rig/platform.ts";
import { findFreePort } from "#tools/rig/ports.ts";
import { newRegistration } from "#tools/rig/users.ts";

/** The platform, the web client that is served to browsers, and a browser. */
export interface Stage extends AsyncDisposable {
  platform: Platform;
  webUrl: string;
  browser: Browser;
  /** Somebody who has just signed up, and looks at the web client. */
  person: (fullName: string, options?: BrowserContextOptions) => Promise<Person>;
  /** A page that nobody is signed in on. */
  visit: (options?: BrowserContextOptions) => Promise<Visit>;
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What went wrong in the page, refused by its policy or thrown. */
  faults: string[];
}

export interface Person extends Visit {
  id: string;
  username: string;
  name: string;
  password: string;
  /** The REST API in their name, beside the browser. */
  api: HttpClient;
}

/** What a step may take on a machine that does much else. */
const slowestMs = 90_000;

export async function startStage(options: PlatformOptions = {}): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const folder = await buildWebClient(() => {});
  const port = await findFreePort();
  const origins = { clientOrigins: [`http://localhost:${port}`] };
  const platform = starting.use(
    await startPlatform({
      ...options,
      gateway: { ...options.gateway, ...origins },
      message: { ...options.message, ...origins },
    }),
  );
  const gatewayPort = Number(new URL(platform.gatewayUrl).port);
  const host = "127.0.0.1";
  starting.use(await serveWebClient(folder, { host, port, gatewayPort }));
  const browser = await launchChromium();
  starting.defer(() => browser.close());
  const webUrl = `http://${host}:${port}`;

  const visit = async (contextOptions: BrowserContextOptions = {}): Promise<Visit> => {
    const context = await browser.newContext({ locale: "en-GB", ...contextOptions });
    const page = await context.newPage();
    page.setDefaultTimeout(slowestMs);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      const isRefusal = /Content Security Policy|Warning:|Minified React/.test(message.text());
      if (isRefusal) faults.push(message.text());
    });
    return { context, page, faults };
  };
  const person = async (fullName: string, contextOptions?: BrowserContextOptions) => {
    const [firstName = "", lastName = "Example"] = fullName.split(" ");
    const drawn = newRegistration(firstName, lastName);
    const start = firstName
      .toLowerCase()
      .replaceAll(/[^a-z]/g, "")
      .slice(0, 20);
    const registration = { ...drawn, username: `${start}_${drawn.username.slice(-4)}` };
    const visited = await visit(contextOptions);
    const register = `${platform.gatewayUrl}/api/auth/register`;
    const answer = await visited.context.request.post(register, { data: registration });
    assert.equal(answer.status(), 201, await answer.text());
    const { user } = await answer.json();
    const { username, email, password } = registration;
    const api = createHttpClient(platform.gatewayUrl);
    await api.post("/api/auth/login", { email, password });
    await visited.page.goto(webUrl);
    return { ...visited, id: user.id, username, name: user.name, password, api };
  };
  const held = starting.move();
  return {
    platform,
    webUrl,
    browser,
    visit,
    person,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A private room with those in it, each looking at it. */
export async function openRoomWith(
  stage: Stage,
  people: [Person, ...Person[]],
  name = "Garden",
): Promise<string> {
  const [owner, ...others] = people;
  const created = await owner.api.post("/api/rooms", { name, roomType: "private" });
  assert.equal(created.status, 201, created.text);
  const { id } = created.body.room;
  for (const { id: userId } of others) {
    await owner.api.post(`/api/rooms/${id}/members`, { userId });
  }
  for (const { page } of people) {
    await page.goto(`${stage.webUrl}/rooms/${id}`);
    await composerOf(page).waitFor();
  }
  return id;
}

export function composerOf(page: Page) {
  return page.getByRole("textbox", { name: /^Message / });
}

export async function say(page: Page, text: string): Promise<void> {
  await composerOf(page).fill(text);
  await composerOf(page).press("Enter");
}

/** The messages of the room that are on the page, with that text. */
export function messageOf(page: Page, text: string) {
  return page
    .getByRole("feed", { name: "Messages" })
    .getByRole("article")
    .filter({ hasText: text });
}

/** Takes one of what the menu of a message has. */
export async function choose(page: Page, text: string, action: string): Promise<void> {
  const message = messageOf(page, text).first();
  await message.hover();
  await message.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel("Email or username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
