import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { z } from "zod";
import { authSettings } from "#auth/config.ts";
import { infoOf } from "#common/settings.ts";
import { gatewaySettings } from "#gateway/config.ts";
import { messageSettings } from "#message/config.ts";
import { startSettings } from "#tools/platform/check-settings.ts";
import { type Platform, startPlatform } from "#tools/rig/platform.ts";
import { startTcpProxy } from "#tools/rig/tcp-proxy.ts";

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

  /** The blocks to try, pointed at the platform under test, or to what stands before it. */
  function blocks(language: string, by: Partial<Platform> = {}): string[] {
    const { gatewayUrl, messageUrl, authRpcUrl } = { ...platform, ...by };
    return [...readme.matchAll(new RegExp(`\`\`\`${language} try\\n(.*?)\`\`\``, "gs"))].map(
      ([, code = ""]) =>
        code
          .replaceAll("http://localhost:3000", gatewayUrl)
          .replaceAll("http://localhost:3001", messageUrl)
          .replaceAll("http://localhost:50001", authRpcUrl),
    );
  }

  async function runChat(by: Partial<Platform> = {}): Promise<string> {
    const [program = ""] = blocks("js", by);
    await writeFile(join(folder, "chat.mjs"), program);
    const { stdout } = await run("node", ["chat.mjs"], { cwd: folder, timeout: 20_000 });
    return stdout;
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
    const printed = await runChat();
    assert.match(printed, /#1 Ada Lovelace: Hello, world!/);
    assert.match(printed, /acknowledged: the message is stored/);
    const keys = await run("bash", ["-euc", rpc]);
    assert.equal(JSON.parse(keys.stdout).keys[0].crv, "Ed25519");
  });

  test("the client comes back when its connection is cut and no token can be had", async () => {
    const signIns: ("passed" | "cut" | "unavailable")[] = [];
    await using gateway = await startTcpProxy(platform.gatewayUrl, (link) => ({
      fromNear(chunk) {
        if (!chunk.includes("/api/auth/ws-token")) return true;
        // Once its connection has been cut the gateway is gone first, and then it can't reach auth.
        const outcome = (["passed", "cut", "unavailable"] as const)[signIns.length] ?? "passed";
        signIns.push(outcome);
        if (outcome === "cut") link.cut();
        if (outcome === "unavailable") link.toNear(unavailable);
        return outcome === "passed";
      },
    }));
    let cuts = 0;
    await using sockets = await startTcpProxy(platform.messageUrl, (link) => ({
      fromFar(chunk) {
        if (cuts > 0 || !chunk.includes('"connected"')) return true;
        cuts++;
        link.cut();
        return false;
      },
    }));
    const printed = await runChat({ gatewayUrl: gateway.url, messageUrl: sockets.url });
    assert.match(printed, /acknowledged: the message is stored/);
    assert.deepEqual([cuts, signIns], [1, ["passed", "cut", "unavailable", "passed"]]);
  });

  test("its table has a row for every setting, as it is declared", () => {
    const declared = [authSettings, messageSettings, gatewaySettings, startSettings]
      .flatMap((settings) => Object.values<z.ZodType>(settings))
      .map(rowOf);
    const rows = (readme.split("## Settings")[1] ?? "").split("## ")[0]?.match(/^\| `.*$/gm) ?? [];
    assert.ok(rows.length >= 25);
    assert.deepEqual([...new Set(declared)].sort(), rows.toSorted());
  });
});

const unavailable = Buffer.from("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}");

/** The row of a setting, with what is taken if it isn't set. */
function rowOf(rule: z.ZodType): string {
  const { variable, text, defaultText } = infoOf(rule);
  const unset = rule.safeParse(undefined);
  const shown = defaultText ?? (unset.data === undefined ? "–" : String(unset.data));
  return `| \`${variable}\` | ${shown} | ${text} |`;
}

test("files that the documents name exist", async () => {
  const documents = globSync(["*.md", "docs/**/*.md", "bench/*.md", "packages/*/*.md"]);
  const folders = ["", "services/", "services/auth/", "services/message/", "tests/", "bench/"];
  const named = documents.flatMap((document) =>
    [
      ...readFileSync(document, "utf8").matchAll(
        /`([a-z][\w./-]*\/[\w.-]+\.(?:ts|md|ya?ml|proto))`/g,
      ),
    ].flatMap(([, path = ""]) => (path.includes("…") ? [] : [{ document, path }])),
  );
  assert.ok(named.length > 50, `only ${named.length} files are named`);
  const missing = named.filter(({ path }) => !folders.some((it) => existsSync(it + path)));
  assert.deepEqual(missing, []);
});
