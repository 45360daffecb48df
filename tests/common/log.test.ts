import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { test } from "node:test";

const log = new URL("../../services/common/log.ts", import.meta.url).href;

const noFullDisk = existsSync("/dev/full") ? false : "there is no /dev/full";

/** A process that logs, and then does something else. */
function startLogging(work: string) {
  const child = spawn(process.execPath, logging(work), { stdio: ["pipe", "pipe", "inherit"] });
  child.stdout.setEncoding("utf8");
  return child;
}

function logging(work: string): string[] {
  const program = `
    import { createLogger } from ${JSON.stringify(log)};
    const log = createLogger("test", "info");
    ${work}`;
  return ["--input-type=module", "--eval", program];
}

test("a warning is written at once, after all that came before it", async () => {
  const child = startLogging(`
    log.info("before");
    log.warn("now");
    log.info("after");
    process.kill(process.pid, "SIGKILL");`);
  const lines = (await text(child.stdout)).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ["before", "now"],
  );
});

test("lines are written soon, without more of them", async () => {
  const child = startLogging(`
    log.info("alone");
    process.stdin.resume();`);
  const [chunk] = await once(child.stdout, "data");
  assert.equal(JSON.parse(chunk).msg, "alone");
  child.kill("SIGKILL");
});

test("all is written when the process ends", async () => {
  const child = startLogging(`
    for (let i = 0; i < 1_000; i++) log.info({ i }, "line");
    process.exit();`);
  const lines = (await text(child.stdout)).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).i),
    Array.from({ length: 1_000 }, (_, i) => i),
  );
});

test("a process goes on though nobody reads its log", async () => {
  const child = startLogging(`
    process.stdin.resume().on("end", () => process.exit(7));
    const writing = setInterval(() => log.info("a line"), 10);
    process.stdin.on("data", () => log.warn("asked"));`);
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stdin.end("1");
  const [code] = await once(child, "close");
  assert.equal(code, 7);
});

test("a process goes on though its log's disk is full", { skip: noFullDisk }, async () => {
  const full = openSync("/dev/full", "w");
  const work = `
    log.info("a line");
    setTimeout(() => process.exit(7), 500);`;
  const child = spawn(process.execPath, logging(work), { stdio: ["ignore", full, "inherit"] });
  const [code] = await once(child, "close");
  closeSync(full);
  assert.equal(code, 7);
});
