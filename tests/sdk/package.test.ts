import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { launchChromium, noChromium } from "#tools/rig/browser.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { findFreePort } from "#tools/rig/ports.ts";
import { newRegistration } from "#tools/rig/users.ts";
import { followGuide } from "./guide.ts";
import { signUp, until } from "./people.ts";

const bin = join(ROOT, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
const run = (command: string, args: string[], cwd: string) =>
  promisify(execFile)(command, args, { cwd, env });

let folder: string;
let platform: Platform;
let pagePort: number;
let blocks: Map<string, string>;

/** A folder with nothing but the packed package and what the README says to write. */
before(async () => {
  pagePort = await findFreePort();
  const clientOrigins = [`http://localhost:${pagePort}`];
  platform = await startPlatform({ gateway: { clientOrigins }, message: { clientOrigins } });
  folder = await mkdtemp(join(tmpdir(), "aetherconnect-client-"));
  const { stdout } = await run(
    "npm",
    ["pack", "--json", "--pack-destination", folder],
    join(ROOT, "clients/sdk"),
  );
  const [{ filename }] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const offline = ["--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...offline, `./${filename}`], folder);
  const readme = await readFile(join(ROOT, "clients/sdk/README.md"), "utf8");
  const named = [...readme.matchAll(/```\w+ (\S+)\n(.*?)```/gs)];
  blocks = new Map(named.map(([, name = "", text = ""]) => [name, text]));
});
after(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("the README's bot answers, and is still signed in after a restart", async () => {
  await writeFile(join(folder, "bot.mjs"), blocks.get("bot.mjs") ?? "");
  await using ada = await signUp(platform.gatewayUrl, "Ada");
  const bot = newRegistration("Bot");
  await platform.client().post("/api/auth/register", bot);
  const { id } = await ada.chat.rooms.create({ name: "Bots" });
  const room = await ada.chat.rooms.open(id);
  for (const secret of [bot.password, "forgotten"]) {
    const child = spawn(join(bin, "node"), ["bot.mjs"], {
      cwd: folder,
      env: {
        ...env,
        GATEWAY_URL: platform.gatewayUrl,
        BOT_EMAIL: bot.email,
        BOT_PASSWORD: secret,
        ROOM_ID: id,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    for await (const line of createInterface(child.stdout)) if (line === "listens") break;
    const { seq } = await room.send("ping");
    await until(room, ({ messages }) =>
      messages.some((it) => it.content === "pong" && it.replyTo === seq),
    );
    await room.send("stop");
    assert.deepEqual(await ended, [0, null]);
  }
});

test("its types fit a strict program of others", async () => {
  await writeFile(
    join(folder, "program.ts"),
    `import { ChatError, createClient, type RoomSnapshot } from "@aetherconnect/client";
const chat = createClient({ url: "http://localhost:3000" });
const room = await chat.rooms.open("1");
const snapshot: RoomSnapshot = room.getSnapshot();
await room.send("Hello", { replyTo: snapshot.messages[0]?.seq, mentions: ["2"] });
await chat.call.listMessages({ roomId: "1", before: undefined }).catch((error: unknown) => {
  if (error instanceof ChatError && error.code === "ROOM_NOT_FOUND") console.log(error.details?.[0]?.path);
});
chat.on("typing_start", ({ username }) => console.log(username));
// @ts-expect-error there is no such method
chat.call.sendMassage;
`,
  );
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2024"];
  options.push("--module", "nodenext", "--lib", "es2024,dom", "--types", "");
  await run("tsc", [...options, "program.ts"], folder);
});

test("the README's page chats by a script tag", { skip: noChromium }, async () => {
  await run(process.execPath, ["clients/sdk/bundle.ts"], ROOT);
  const registration = newRegistration("Ada");
  await platform.client().post("/api/auth/register", registration);
  const html = (blocks.get("page.html") ?? "")
    .replaceAll("http://localhost:3000", platform.gatewayUrl)
    .replace("ada@example.com", registration.email)
    .replace("correct horse battery", registration.password);
  const server = createServer((_req, res) => {
    res.setHeader("content-type", "text/html").end(html);
  });
  server.listen(pagePort, "127.0.0.1");
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${pagePort}`);
    await page.locator("#content").fill("Hello, world");
    await page.locator("#content").press("Enter");
    await page.getByText("Ada Lovelace: Hello, world").waitFor();
  } finally {
    await browser.close();
    server.close();
  }
});

test(
  "the guide's page chats, and sends what was written without a network",
  { skip: noChromium },
  () => followGuide(platform, pagePort),
);
