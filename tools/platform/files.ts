import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  type Stats,
  writeSync,
} from "node:fs";

export interface RegularFile {
  stats: Stats;
  read: () => string;
  /** In place: the owner and the mode stay. */
  write: (text: string) => void;
}

const openModes = { read: constants.O_RDONLY, write: constants.O_RDWR };

/**
 * Works on a file in a folder where somebody else may have put it: never through a link, never
 * waiting at a pipe, and what was checked is what is read and written. Throws as openSync does,
 * and where the name belongs to no regular file, or what would be written to has another name too.
 */
export function withRegularFile<T>(
  path: string,
  mode: keyof typeof openModes,
  use: (file: RegularFile) => T,
): T {
  const fd = openSync(path, openModes[mode] | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    const isShared = mode === "write" && stats.nlink > 1;
    if (!stats.isFile() || isShared) throw new Error("no regular file of its own");
    return use({
      stats,
      read: () => readFileSync(fd, "utf8"),
      write: (text) => {
        ftruncateSync(fd);
        writeSync(fd, text, 0);
        fsyncSync(fd);
      },
    });
  } finally {
    closeSync(fd);
  }
}

/** `ENOENT` and its like, or whatever else says what went wrong in a few words. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
