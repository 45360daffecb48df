import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StartError } from "#common/lifecycle.ts";
import { errorCode, withRegularFile } from "./files.ts";

/**
 * Makes DATA_DIR (0700) unless it is there, and returns its real path.
 * Throws StartError, also where others could have put something into it.
 */
export function openDataDir(dataDir: string): string {
  orStartError(dataDir, () => makeFolder(resolve(dataDir)));
  checkAccess(dataDir);
  const path = realpathSync(dataDir);
  checkFolder(path, `DATA_DIR ${dataDir}`, "set DATA_DIR to another folder");
  return path;
}

/** @throws StartError where this user can't read and write in the folder */
export function checkAccess(dataDir: string): void {
  orStartError(dataDir, () =>
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK),
  );
}

function orStartError(dataDir: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    throw new StartError(`DATA_DIR ${dataDir} ${whyUnusable(dataDir, errorCode(error))}`);
  }
}

/** @throws StartError where the folder is another user's, or others may write to it */
export function checkFolder(path: string, name: string, advice: string): void {
  const own = process.getuid?.();
  const { uid, mode } = statSync(path);
  // Windows knows no such owners and modes.
  if (own === undefined) return;
  if (uid !== own) {
    throw new StartError(
      `${name} belongs to another user (id ${uid}); start as that user, or ${advice}`,
    );
  }
  if ((mode & 0o022) === 0) return;
  throw new StartError(
    `${name} may be written to by others (mode ${(mode & 0o7777).toString(8)}); look what is in it ` +
      `and run chmod go-w ${path}, or ${advice}`,
  );
}

/**
 * Node's own recursive mkdir tries for ever where a folder exists and takes no folders (/proc).
 */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    if (statSync(dirname(path), { throwIfNoEntry: false })) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

function whyUnusable(dataDir: string, code: string): string {
  if (code === "ENOTDIR" || (code === "EEXIST" && isNoFolder(dataDir))) {
    return "is not a folder (or lies below a file); remove the file or set DATA_DIR to a folder";
  }
  if (code === "EACCES" || code === "EPERM") {
    return "may not be read and written by this user; give it to this user or set DATA_DIR";
  }
  if (code === "EROFS") return "is on a read-only file system; set DATA_DIR to a writable folder";
  if (code === "ENOSPC") return "is on a full disk; make room or set DATA_DIR to another disk";
  return `can't be used (${code}); set DATA_DIR to another folder`;
}

function isNoFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
}

/** The secret of that name in DATA_DIR, made up on the first call; `isNew` tells which. */
export function readOrCreateSecret(
  dataDir: string,
  name: string,
): { value: string; isNew: boolean } {
  const path = join(dataDir, name);
  try {
    const known = readSecret(path);
    if (known !== undefined) return { value: known, isNew: false };
    const value = randomBytes(48).toString("base64url");
    // Written aside and linked, so that neither a crash nor a second start leaves half a secret.
    const draft = `${path}.${process.pid}`;
    rmSync(draft, { force: true });
    const fd = openSync(draft, "wx", 0o600);
    writeSync(fd, `${value}\n`);
    fsyncSync(fd);
    closeSync(fd);
    try {
      linkSync(draft, path);
      return { value, isNew: true };
    } catch (error) {
      const other = errorCode(error) === "EEXIST" ? readSecret(path) : undefined;
      if (other === undefined) throw error;
      return { value: other, isNew: false };
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `${path} can't be read or written (${errorCode(error)}); ` +
        "start as the user it belongs to, or set DATA_DIR to another folder",
    );
  }
}

/** A secret of this user alone; undefined where there is none. @throws StartError */
export function readSecret(path: string): string | undefined {
  try {
    return withRegularFile(path, "read", ({ stats, read }) => {
      const own = process.getuid?.();
      if (own !== undefined && (stats.uid !== own || (stats.mode & 0o077) !== 0)) {
        throw new StartError(
          `${path} isn't this user's alone; if it is yours, run chown ${own} and chmod 600 on it, ` +
            "else remove it and a new one is made",
        );
      }
      return read().trim() || undefined;
    });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
