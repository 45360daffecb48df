import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The contract as it was last released. */
export interface Released {
  version: string;
  /** A buf image without comments. */
  image: Uint8Array;
}

export const imagePath = (folder: string) => join(folder, "contract", "released.binpb");
export const versionPath = (folder: string) => join(folder, "contract", "RELEASED");

/** Reads the last release of a folder; undefined before the first one. */
export async function readReleased(folder: string): Promise<Released | undefined> {
  try {
    const version = (await readFile(versionPath(folder), "utf8")).trim();
    return { version, image: await readFile(imagePath(folder)) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
