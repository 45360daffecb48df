import { execFileSync } from "node:child_process";
import { readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "#common/lifecycle.ts";
import { errorCode, withRegularFile } from "../files.ts";

const fastStopMs = 30_000;
const immediateStopMs = 5_000;

interface PidFile {
  pid: number;
  isReady: boolean;
}

/** What the postmaster of that folder says about itself, if a file of it is there. */
export function readPidFile(clusterDir: string): PidFile | undefined {
  try {
    const path = join(clusterDir, "postmaster.pid");
    const lines = withRegularFile(path, "read", (file) => file.read()).split("\n");
    return { pid: Number(lines[0]), isReady: lines[7]?.trim() === "ready" };
  } catch {
    return undefined;
  }
}

/** Ends a postmaster that outlived its supervisor, and sees to it that a new one may start. */
export async function endLeftOver(clusterDir: string, say: (line: string) => void): Promise<void> {
  const leftOver = readPidFile(clusterDir)?.pid;
  if (leftOver === undefined || !(leftOver > 1)) return;
  if (isPostmasterOf(leftOver, clusterDir)) {
    say(`a PostgreSQL of an earlier start (pid ${leftOver}) still runs; it is stopped first`);
    process.kill(leftOver, "SIGINT");
    if (await isGone(leftOver, clusterDir, fastStopMs)) return;
    process.kill(leftOver, "SIGQUIT");
    if (await isGone(leftOver, clusterDir, immediateStopMs)) return;
    throw new StartError(`the PostgreSQL with pid ${leftOver} doesn't stop; end it, start again`);
  }
  if (isAlive(leftOver)) releasePid(clusterDir);
}

async function isGone(pid: number, clusterDir: string, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isPostmasterOf(pid, clusterDir)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** A postmaster stays in its data folder, so the folder tells it from a process with its old pid. */
function isPostmasterOf(pid: number, clusterDir: string): boolean {
  try {
    if (process.platform === "linux") {
      // PostgreSQL never runs as root: a pid file that names a process of root's is not ended.
      if (statSync(`/proc/${pid}`).uid === 0) return false;
      return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
    }
    const command = execFileSync("ps", ["-p", `${pid}`, "-o", "command="], { encoding: "utf8" });
    return command.includes("postgres") && command.includes(clusterDir);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * PostgreSQL refuses to start while any process has the pid in the file, but takes its parent's
 * pid for stale. The file itself must stay: its last lines guard against orphaned backends.
 */
function releasePid(clusterDir: string): void {
  const path = join(clusterDir, "postmaster.pid");
  try {
    withRegularFile(path, "write", (file) => {
      const [, ...rest] = file.read().split("\n");
      file.write([`${process.pid}`, ...rest].join("\n"));
    });
  } catch (error) {
    throw new StartError(
      `${path} isn't as PostgreSQL left it (${errorCode(error)}); remove it, start again`,
    );
  }
}
