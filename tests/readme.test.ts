import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";

const run = promisify(execFile);

describe("the README's commands", () => {
  let platform: Platform;
  let folder: string;
  let readme: string;
  before(async () => {
    platform = await startPlatform();
    folder = await mkdtemp(join(tmpdir(), "readme-"));
    await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
    readme = await readFile("README.md", "utf8");
  });
  after(async () => {
    await platform[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** The blocks to try, pointed at the platform under test. */
  function blocks(language: string): string[] {
    return [...readme.matchAll(new RegExp(`\`\`\`${language} try\\n(.*?)\`\`\``, "gs"))].map(
      ([, code = ""]) =>
        code
          .replaceAll("http://localhost:3000", platform.gatewayUrl)
          .replaceAll("http://localhost:3001", platform.messageUrl)
          .replaceAll("http://localhost:50001", platform.authRpcUrl),
    );
  }

  test("curl registers, signs in and looks around; the client chats", async () => {
    const [journey = "", rpc = ""] = blocks("sh");
    const { stdout } = await run("bash", ["-euc", journey], { cwd: folder });
    const answers = stdout.split(/(?<=\})(?=\{"success")/).map((it) => JSON.parse(it));
    assert.deepEqual(
      answers.map((it) => [it.success, it.message]),
      [
        [true, "User created successfully"],
        [true, "Login successful"],
        [true, "User profile retrieved successfully"],
        [true, "Rooms retrieved successfully"],
        [true, undefined],
      ],
    );
    const [program = ""] = blocks("js");
    await writeFile(join(folder, "chat.mjs"), program);
    const chat = await run("node", ["chat.mjs"], { cwd: folder, timeout: 20_000 });
    assert.match(chat.stdout, /#1 Ada Lovelace: Hello, world!/);
    assert.match(chat.stdout, /acknowledged: the message is stored/);
    const keys = await run("bash", ["-euc", rpc]);
    assert.equal(JSON.parse(keys.stdout).keys[0].crv, "Ed25519");
  });

  test("every setting that it lists is one, and every setting is listed", async () => {
    const configs = await Promise.all(
      ["common", "auth", "message", "gateway"].map((it) =>
        readFile(`services/${it}/config.ts`, "utf8"),
      ),
    );
    const start = await readFile("tools/platform/check-settings.ts", "utf8");
    const read = [...configs, start].join("\n");
    const known = new Set(
      [...read.matchAll(/\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|HOST)\b/g)].map(([name]) => name),
    );
    const table = readme.split("## Settings")[1]?.split("## ")[0] ?? "";
    const rows = table.split("\n").filter((it) => it.startsWith("| `"));
    const listed = rows.flatMap((it) =>
      [...(it.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    assert.ok(listed.length >= 20);
    for (const name of listed) assert.ok(name && known.has(name), `${name} is listed and not read`);
    const settings = [...configs.join("\n").matchAll(/^ {6}([A-Z_]+): /gm)].map(([, name]) => name);
    for (const name of settings) assert.ok(listed.includes(name), `${name} is read and not listed`);
  });
});
