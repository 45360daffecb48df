import { join } from "node:path";
import { openDataDir } from "./data-dir.ts";
import { startEmbeddedPostgres } from "./postgres/embedded-postgres.ts";
import { ensureServiceRoles } from "./postgres/service-roles.ts";
import { startService } from "./services/service.ts";
import { envFor, type ServiceSpec } from "./services/service-process.ts";
import { watchFolders } from "./services/watch.ts";
import { column, type Output } from "./terminal.ts";

export interface PlatformOptions {
  services: readonly ServiceSpec[];
  /** For the services; each gets a DATABASE_URL of its own where the server is the embedded one. */
  env: NodeJS.ProcessEnv;
  dataDir: string;
  /** Undefined: env has a DATABASE_URL, and no server is started. */
  postgresPort: number | undefined;
  isFast?: boolean;
  isWatching?: boolean;
  output: Output;
  /** Ends a start in progress; afterwards dispose is the way to stop. */
  signal: AbortSignal;
  /** Ends everything at once, without grace. */
  force: AbortSignal;
}

export interface Platform extends AsyncDisposable {
  /** Of each service by its name. */
  urls: ReadonlyMap<string, readonly string[]>;
  /** The embedded postmaster's. */
  postgresPid: () => number | undefined;
}

/**
 * Starts PostgreSQL and the services, each as a process of its own, and keeps them running.
 * Disposing stops the services first, then PostgreSQL. Throws StartError, with nothing left behind.
 */
export async function runPlatform(options: PlatformOptions): Promise<Platform> {
  const { services, output, signal, force, isFast = false } = options;
  const dataDir = openDataDir(options.dataDir);
  await using cleanup = new AsyncDisposableStack();

  const postgres =
    options.postgresPort === undefined
      ? undefined
      : cleanup.use(await startDatabase(dataDir, options.postgresPort));
  const names = services.filter(({ store }) => store === "DATABASE_URL").map(({ name }) => name);
  const urls = postgres ? await ensureServiceRoles(postgres.url, dataDir, names) : undefined;
  const env = {
    ...options.env,
    NODE_COMPILE_CACHE: options.env.NODE_COMPILE_CACHE ?? join(dataDir, "compile-cache"),
  };

  const failing = new AbortController();
  const context = { output, force, signal: AbortSignal.any([signal, failing.signal]) };
  const starts = services.map(async (spec) => {
    try {
      return {
        spec,
        service: await startService(spec, {
          ...context,
          env: envFor(spec, env, urls?.get(spec.name)),
        }),
      };
    } catch (error) {
      failing.abort(error);
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(starts);
  const started = outcomes.flatMap((it) => (it.status === "fulfilled" ? [it.value] : []));
  cleanup.defer(() => stopAll(started.map((it) => it.service)));
  // The first failure has stopped the others, so it is the reason.
  if (failing.signal.aborted) throw failing.signal.reason;

  if (options.isWatching) {
    const folders = [...new Set(services.flatMap((spec) => spec.watch ?? []))];
    const onChange = (folder: string, files: readonly string[]) => {
      for (const { spec, service } of started) {
        if (spec.watch?.includes(folder)) service.reload(describe(folder, files));
      }
    };
    cleanup.use(watchFolders(folders, onChange));
  }
  const held = cleanup.move();
  return {
    urls: new Map(started.map(({ spec, service }) => [spec.name, service.urls])),
    postgresPid: () => postgres?.pid,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };

  async function startDatabase(dataDir: string, port: number) {
    const startedAt = performance.now();
    const say = output.say;
    const database = await startEmbeddedPostgres({ dataDir, port, isFast, say, signal, force });
    const tookMs = Math.round(performance.now() - startedAt);
    const { host } = new URL(database.url);
    output.say(
      `${column("postgres")}ready after ${tookMs} ms: ${host}, data in ${join(dataDir, "postgres")}`,
    );
    return database;
  }
}

async function stopAll(services: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
}

function describe(folder: string, files: readonly string[]): string {
  const [first = "", ...more] = files;
  return `${join(folder, first)}${more.length > 0 ? ` and ${more.length} more` : ""} changed`;
}
