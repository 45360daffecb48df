import type { OutboxEntry } from "./outbox-types.ts";
import type { Problems } from "./problems.ts";

/** Keeps what isn't sent yet, over reloads. Tabs, or processes, may share one. */
export interface OutboxStorage {
  list: () => Promise<OutboxEntry[]>;
  /** As soon as can be: the page may end right after the call. */
  put: (entry: OutboxEntry) => Promise<void>;
  /** Replaces an entry by what `change` makes of it, and nobody else meanwhile; by nothing: removes it. */
  update: (id: string, change: Change) => Promise<void>;
}

export type Change = (stored: OutboxEntry | undefined) => OutboxEntry | undefined;

export function memoryStorage(): OutboxStorage & { has: (id: string) => boolean } {
  const entries = new Map<string, OutboxEntry>();
  return {
    has: (id) => entries.has(id),
    list: async () => [...entries.values()],
    put: async (entry) => void entries.set(entry.id, entry),
    update: async (id, change) => {
      const changed = change(entries.get(id));
      if (changed) entries.set(id, changed);
      else entries.delete(id);
    },
  };
}

/** A storage that fails costs what it can't keep its safety, and nothing else. */
export function withFallback(storage: OutboxStorage, problems: Problems): OutboxStorage {
  const memory = memoryStorage();
  const report = (error: unknown) => {
    const isFull = error instanceof Error && error.name === "QuotaExceededError";
    problems.say(isFull ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE", true);
  };
  const write = async (id: string, run: (it: OutboxStorage) => Promise<void>) => {
    if (memory.has(id)) return run(memory);
    try {
      await run(storage);
      // Another write of it may have failed meanwhile.
      if (!memory.has(id)) return problems.say("STORAGE_FULL", false);
    } catch (error) {
      report(error);
    }
    await run(memory);
  };
  return {
    async list() {
      const stored = await storage.list().catch((error: unknown) => {
        report(error);
        return [];
      });
      return [...stored, ...(await memory.list())];
    },
    put: (entry) => write(entry.id, (it) => it.put(entry)),
    update: (id, change) => write(id, (it) => it.update(id, change)),
  };
}

const table = "outbox";

/** IndexedDB, which all tabs of an origin share. */
export function browserStorage(name: string): OutboxStorage {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () => {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    opened.then(
      (database) => {
        database.onclose = () => {
          opened = undefined;
        };
      },
      () => {
        opened = undefined;
      },
    );
    return opened;
  };
  const run = async <T>(
    mode: IDBTransactionMode,
    start: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const transaction = (await open()).transaction(table, mode);
    return new Promise((resolve, reject) => {
      const request = start(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    list: () => run("readonly", (store): IDBRequest<OutboxEntry[]> => store.getAll()),
    async put(entry) {
      await run("readwrite", (store) => {
        const writing = store.put(entry);
        // Without an answer in between: the browser does it even where the page ends now.
        store.transaction.commit();
        return writing;
      });
    },
    async update(id, change) {
      await run("readwrite", (store) => {
        const reading: IDBRequest<OutboxEntry | undefined> = store.get(id);
        reading.onsuccess = () => {
          const changed = change(reading.result);
          if (changed) store.put(changed);
          else store.delete(id);
        };
        return reading;
      });
    },
  };
}
