import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "#common/lifecycle.ts";

const sqliteBusy = 5;

/**
 * One supervisor per DATA_DIR. Node has no flock, but SQLite takes a lock of the kernel's, which
 * ends with the process however it dies: no stale lock, and a reused pid fools nobody.
 */
export function acquireLock(dataDir: string): Disposable {
  const path = join(dataDir, "lock");
  const pidFile = join(dataDir, "pid");
  let database: DatabaseSync | undefined;
  try {
    closeSync(openSync(path, "a", 0o600));
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    throw new StartError(whyNotLocked(dataDir, pidFile, error));
  }
  const held = database;
  return {
    [Symbol.dispose]: () => {
      rmSync(pidFile, { force: true });
      held.close();
    },
  };
}

function whyNotLocked(dataDir: string, pidFile: string, error: unknown): string {
  if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
    return (
      `DATA_DIR ${dataDir} is in use by another start${holder(pidFile)}; ` +
      "stop that one, or set DATA_DIR (and other ports) for a second platform"
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `DATA_DIR ${dataDir} can't be locked (${reason}); make room where the disk is full, or set DATA_DIR to another folder`;
}

function holder(pidFile: string): string {
  try {
    return ` (pid ${readFileSync(pidFile, "utf8").trim()})`;
  } catch {
    return "";
  }
}
