import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { withClient } from "#tools/rig/database.ts";

/** A folder of its own for a test, gone afterwards. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "aetherconnect-start-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, maxRetries: 5 }) };
}

/**
 * A data folder whose cluster exists and is stopped. The tests of a file use it one after the other and leave
 * it stopped, which spares each of them an initdb.
 */
export async function createCluster(): Promise<Disposable & { dataDir: string }> {
  const folder = temporaryFolder();
  const dataDir = join(folder.path, ".data");
  await using _postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
  return { dataDir, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

export function query(url: string, text: string): Promise<unknown[][]> {
  return withClient(url, async (client) => {
    return (await client.query<unknown[]>({ text, rowMode: "array" })).rows;
  });
}

/** A promise for the first value that a callback gets and that fits. */
export function firstFitting<T>(fits: (value: T) => boolean) {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, take: (value: T) => fits(value) && resolve(value) };
}
