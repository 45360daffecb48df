import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#tools/platform/postgres/embedded-postgres.ts";
import { createTestDatabase } from "#tools/rig/database.ts";

/** PostgreSQL with its usual durability: in a process group of its own, its data on disk. */
export interface Database extends AsyncDisposable {
  url: string;
  /** Its version and what it does at a commit, for people. */
  about: string;
}

/** `BENCH_DATABASE_URL` names a server to use; without it the embedded one is started. */
export async function openDatabase(): Promise<Database> {
  const stack = new AsyncDisposableStack();
  let server = process.env.BENCH_DATABASE_URL;
  if (!server) {
    const dataDir = await mkdtemp(join(tmpdir(), "aetherconnect-bench-"));
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    server = stack.use(await startEmbeddedPostgres({ dataDir, port: 0 })).url;
  }
  const { url, query } = stack.use(await createTestDatabase(server));
  const [row] = await query(
    `select current_setting('server_version') as version,
      current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  );
  const about = `PostgreSQL ${row?.version}, fsync=${row?.fsync}, synchronous_commit=${row?.commit}`;
  return { url, about, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
