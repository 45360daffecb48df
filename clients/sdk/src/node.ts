import { readFile, rename, writeFile } from "node:fs/promises";
import type { OutboxEntry } from "./outbox-types.ts";
import type { OutboxStorage } from "./storage.ts";
import type { TokenStore, Tokens } from "./tokens.ts";

/** Keeps the tokens of a session in a file that its owner alone can read. */
export function fileTokens(path: string): TokenStore {
  const file = jsonFile<Tokens | null>(path, null);
  return { get: file.read, set: (tokens) => file.update(() => tokens) };
}

/** Keeps what isn't sent yet in a file. Of one process: two can't share it. */
export function fileStorage(path: string): OutboxStorage {
  const file = jsonFile<Record<string, OutboxEntry>>(path, {});
  return {
    list: async () => Object.values(await file.read()),
    put: (entry) => file.update((entries) => ({ ...entries, [entry.id]: entry })),
    update: (id, change) =>
      file.update((entries) => {
        const { [id]: before, ...others } = entries;
        const after = change(before);
        return after ? { ...others, [id]: after } : others;
      }),
  };
}

/** One value in a file, which is replaced as a whole, one change after the other. */
function jsonFile<T>(path: string, empty: T) {
  let last: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<T> => {
    try {
      const value: T = JSON.parse(await readFile(path, "utf8"));
      return value;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return empty;
      throw error;
    }
  };
  const replace = async (change: (value: T) => T) => {
    const text = JSON.stringify(change(await read()));
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  };
  return {
    read: () => last.then(read, read),
    update(change: (value: T) => T): Promise<void> {
      const done = last.then(
        () => replace(change),
        () => replace(change),
      );
      last = done;
      return done;
    },
  };
}
