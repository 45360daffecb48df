import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { launchChromium } from "#tools/rig/browser.ts";
import type { Platform } from "#tools/rig/platform.ts";

const bin = join(ROOT, "node_modules/.bin");

/** Does what docs/guides/frontend.md says, in an empty folder, and uses the page that comes of it. */
export async function followGuide(platform: Platform, port: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const guide = await readFile(join(ROOT, "docs/guides/frontend.md"), "utf8");
  const blocks = new Map(
    [...guide.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => [
      name,
      text,
    ]),
  );
  const parent = await mkdtemp(join(tmpdir(), "frontend-guide-"));
  stack.defer(() => rm(parent, { recursive: true }));
  await symlink(ROOT, join(parent, "aetherconnect"));
  const folder = join(parent, "page");
  await mkdir(folder);
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    VITE_GATEWAY: platform.gatewayUrl,
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
  };
  await promisify(execFile)("bash", ["-euc", blocks.get("folder") ?? ""], { cwd: folder, env });
  for (const [name, text] of blocks) {
    if (name.includes(".")) await writeFile(join(folder, name), text);
  }
  const command = (blocks.get("serve") ?? "").replace("5173", `${port} --host 127.0.0.1`);
  const server = spawn("bash", ["-euc", `exec ${command}`], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  stack.defer(async () => {
    if (server.exitCode !== null) return;
    const ended = once(server, "exit");
    // npx starts Vite as a process of its own.
    if (server.pid) process.kill(-server.pid);
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    server.stdout.on("data", (chunk) => String(chunk).includes("ready in") && resolve());
    server.once("exit", () => reject(new Error("Vite has ended")));
  });

  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  await page.goto(`http://127.0.0.1:${port}`);
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("alert").getByText("password").waitFor();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("button", { name: "New room" }).click();
  const content = page.getByLabel("Message");
  await content.fill("Hello");
  await content.press("Enter");
  await page.getByRole("listitem").filter({ hasText: "Hello" }).waitFor();
  await page.getByText("sending …").waitFor({ state: "detached" });

  await context.setOffline(true);
  await content.fill("Are you there?");
  await content.press("Enter");
  await page.getByText("sending …").waitFor();
  await page.getByRole("status").getByText("offline").waitFor();
  await context.setOffline(false);
  await page.getByText("sending …").waitFor({ state: "detached" });
  assert.deepEqual(
    (await page.getByRole("listitem").allInnerTexts()).map((it) => it.trim()),
    ["ada Example Hello", "ada Example Are you there?"],
  );

  const other = await (await browser.newContext()).newPage();
  other.setDefaultTimeout(90_000);
  await other.goto(`http://127.0.0.1:${port}`);
  await other.getByLabel("Username").fill("bob");
  await other.getByLabel("Password").fill("correct horse battery");
  await other.getByRole("button", { name: "Sign up" }).click();
  await other.getByRole("button", { name: "Open ada Example's room" }).click();
  await other.getByRole("listitem").filter({ hasText: "Are you there?" }).waitFor();
  await other.getByLabel("Message").fill("I am");
  await page.getByText("bob Example types …").waitFor();
  await other.getByLabel("Message").press("Enter");
  await page.getByRole("listitem").filter({ hasText: "bob Example I am" }).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Username").waitFor();
}
