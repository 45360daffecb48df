import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "#contract/root.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";

const run = promisify(execFile);
const pages = globSync(join(ROOT, "docs/features/*.md")).sort();
const introduction = pages.find((page) => basename(page) === "README.md") ?? "";

const programOf = (page: string) =>
  [...readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map(([, js]) => js).join("\n");

/** What the comments behind `console.log` say is printed. */
const printsOf = (program: string) =>
  [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = ""]) => text);

/** Says how a socket fares after its first `connected`, up to its second. */
const comesBack = `
  import { signUp } from "./people.mjs";
  const socket = await (await signUp("Ada")).connect();
  socket.on("error", ({ code }) => console.log(code));
  socket.on("disconnect", (reason) => console.log(reason));
  socket.io.on("open", () => console.log("open"));
  socket.on("connected", () => {
    console.log("connected");
    socket.disconnect();
  });
  console.log("ready");
`;

describe("the pages of docs/features", async () => {
  const platform = await shared(startPlatform());
  // Where their programs find the packages that they import.
  const cache = join(ROOT, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "features-"));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "people.mjs"), programOf(introduction));

  test("the introduction's socket comes back when no token could be had", async () => {
    const file = join(folder, "comes-back.mjs");
    await writeFile(file, comesBack);
    let isGone = false;
    await using proxy = await startTcpProxy(platform.gatewayUrl, (link) => ({
      fromNear(chunk) {
        if (!isGone || !chunk.includes("/api/auth/ws-token")) return true;
        // The first time the gateway is gone as well.
        isGone = false;
        link.cut();
        return false;
      },
    }));
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, API_URL: proxy.url },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 30_000,
    });
    const lines: string[] = [];
    try {
      for await (const line of createInterface(child.stdout)) {
        lines.push(line);
        if (line === "ready") {
          await platform.auth.stop();
          isGone = true;
          for (const link of proxy.links()) link.cut();
        }
        const attempts = lines.filter((it) => it === "open").length;
        if (line === "open" && attempts === 3) await platform.auth.start();
      }
    } finally {
      await platform.auth.start();
    }
    assert.deepEqual(lines.slice(-2), ["connected", "io client disconnect"]);
  });

  for (const page of pages.filter((it) => it !== introduction)) {
    test(`${basename(page)}: its examples print what it says`, async () => {
      const program = programOf(page);
      const prints = printsOf(program);
      assert.ok(prints.length > 0, "no example says what it prints");
      const file = join(folder, basename(page).replace(".md", ".mjs"));
      await writeFile(file, program);
      const env = { ...process.env, API_URL: platform.gatewayUrl };
      const { stdout } = await run(process.execPath, [file], { env, timeout: 30_000 });
      assert.deepEqual(stdout.trimEnd().split("\n"), prints);
      assert.ok(readFileSync(introduction, "utf8").includes(`(${basename(page)})`));
    });
  }
});
