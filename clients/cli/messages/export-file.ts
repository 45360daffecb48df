import { type FileHandle, open } from "node:fs/promises";
import { reasonOf } from "../doctor/finding.ts";
import { Failure } from "../failure.ts";

/** A file of exported messages that is written further. */
export interface ExportFile extends AsyncDisposable {
  /** The number of the last message in it; 0 if there is none. */
  lastSeq: number;
  append: (lines: string) => Promise<void>;
}

const chunkBytes = 64 * 1024;

/**
 * Opens a file to go on where it ends; what a break has left of a line is cut off.
 * @throws Failure where it is no export of this room
 */
export async function openExport(path: string, roomId: string): Promise<ExportFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const text = await endOf(file, size);
    const complete = text.slice(0, text.lastIndexOf("\n") + 1);
    const kept = size - Buffer.byteLength(text) + Buffer.byteLength(complete);
    const lastSeq =
      complete === "" ? 0 : seqOf(complete.trimEnd().split("\n").at(-1) ?? "", roomId);
    if (lastSeq === undefined || (complete === "" && size > 0 && !text.startsWith("{"))) {
      throw new Failure("refused", `${path} is there, and is no export of this room`, {
        hint: "name another file, or remove it",
      });
    }
    await file.truncate(kept);
    let position = kept;
    return {
      lastSeq,
      async append(lines) {
        let rest = Buffer.from(lines);
        // A file may take less than it is given.
        while (rest.length > 0) {
          const { bytesWritten } = await file.write(rest, { position });
          position += bytesWritten;
          rest = rest.subarray(bytesWritten);
        }
      },
      async [Symbol.asyncDispose]() {
        await file.sync();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return open(path, "wx+", 0o600);
    });
  } catch (error) {
    throw new Failure("refused", `${path} can't be written (${reasonOf(error)})`);
  }
}

/** Enough of the end to hold a whole line. */
async function endOf(file: FileHandle, size: number): Promise<string> {
  for (let length = chunkBytes; ; length *= 2) {
    const start = Math.max(0, size - length);
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(size - start),
      position: start,
    });
    const bytes = buffer.subarray(0, bytesRead);
    const first = start === 0 ? 0 : bytes.indexOf("\n") + 1;
    if (start === 0 || bytes.indexOf("\n", first) >= 0) return bytes.subarray(first).toString();
  }
}

/** The number in a line; undefined for anything but a message of the room. */
function seqOf(line: string, roomId: string): number | undefined {
  try {
    const read: { roomId?: unknown; seq?: unknown } | null = JSON.parse(line);
    return read?.roomId === roomId && typeof read.seq === "number" ? read.seq : undefined;
  } catch {
    return undefined;
  }
}
