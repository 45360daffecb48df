import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { layOut } from "#tools/rig/layout.ts";
import { startProcesses } from "#tools/rig/processes.ts";
import { type RedisServer, startRedis, withoutRedis } from "#tools/rig/redis.ts";
import type { Service } from "#tools/rig/service.ts";
import { startTcpProxy, type TcpProxy } from "#tools/rig/tcp-proxy.ts";
import type { ProveOptions } from "../options.ts";
import { type AckTap, createAckTap } from "../wire/ack-tap.ts";
import { type CommitTap, createCommitTap } from "../wire/commit-tap.ts";
import { watchMongo } from "../wire/mongo-watch.ts";
import { watchPostgres } from "../wire/postgres-watch.ts";
import { withoutWebSockets } from "../wire/without-websockets.ts";
import { openDatabase, type ProveDatabase } from "./database.ts";

/** A message instance, with a proxy of its own between it and the store of its messages. */
export interface Instance {
  name: string;
  service: Service;
  /** Its Socket.IO. */
  url: string;
  storeProxy: TcpProxy;
  commits: CommitTap;
}

/** Where clients come in: through a proxy of ours, which can cut them off. */
export interface Door {
  name: string;
  url: string;
  /** Undefined: it leads to the gateway, and by it to either. */
  instance: string | undefined;
  proxy: TcpProxy;
}

/** The whole platform as processes, with everything in reach that can be broken. */
export interface Platform extends AsyncDisposable {
  database: ProveDatabase;
  /** Undefined: there is none, or no service uses it. */
  redis: RedisServer | undefined;
  /** Why there is no Redis. */
  redisMissing: string | undefined;
  auth: Service;
  gateway: Service;
  instances: readonly Instance[];
  /** One that doesn't run, and whose clients no door leads to. */
  spare: Instance;
  doors: readonly Door[];
  acks: AckTap;
  /** The gateway without a proxy. */
  gatewayUrl: string;
  unexpectedEnds: readonly string[];
  /** Stops a service as a deployment would; how it ended goes into `unexpectedEnds`. */
  stop: (service: Service) => Promise<void>;
  /** The same for all. */
  stopAll: () => Promise<void>;
}

const instanceCount = 2;

export async function startPlatform(options: ProveOptions, dataDir: string): Promise<Platform> {
  await using cleanup = new AsyncDisposableStack();
  const logs = join(dataDir, "logs");
  mkdirSync(logs, { recursive: true });
  const unexpectedEnds: string[] = [];

  const database = cleanup.use(await openDatabase(dataDir, options.databaseUrl));
  const redis =
    options.hasRedis && !withoutRedis
      ? cleanup.use(await startRedis(join(logs, "redis.log")))
      : undefined;
  const mongoUrl = options.store === "mongo" ? process.env.MONGODB_URI : undefined;
  const stores = await Promise.all(
    Array.from({ length: instanceCount + 1 }, async () => {
      const commits = createCommitTap(mongoUrl === undefined ? watchPostgres : watchMongo);
      const storeProxy = await startTcpProxy(mongoUrl ?? database.url, commits.tap);
      return { commits, storeProxy: cleanup.use(storeProxy) };
    }),
  );
  const layout = await layOut({
    databaseUrl: database.url,
    instances: instanceCount,
    spares: 1,
    env: redis ? { REDIS_URL: redis.url } : {},
  });
  const storeSetting = mongoUrl === undefined ? "DATABASE_URL" : "MONGODB_URI";
  const { auth, messages, spares, gateway } = cleanup.use(
    await startProcesses(layout, {
      logs,
      messageMain: options.messageMain,
      messageEnvs: stores.map(({ storeProxy }) => ({ [storeSetting]: storeProxy.url })),
      onUnexpectedEnd: (name, reason) => unexpectedEnds.push(`${name}: ${reason}`),
    }),
  );
  const [spare, ...instances] = [...spares, ...messages].map((service, i): Instance => {
    const place = [...layout.spares, ...layout.messages][i];
    const store = stores.at(i - spares.length);
    if (!place || !store) throw new Error(`${service.name} has no place`);
    return { name: service.name, service, url: place.httpUrl, ...store };
  });
  if (!spare) throw new Error("there is no spare instance");

  const acks = createAckTap();
  const doors: Door[] = [];
  const { url: gatewayUrl } = layout.gateway;
  const served = [
    ...instances.map(({ name, url }) => ({ name, url, instance: name, tap: acks.tap })),
    { name: "polling", url: gatewayUrl, instance: undefined, tap: withoutWebSockets(acks.tap) },
    { name: "gateway", url: gatewayUrl, instance: undefined, tap: acks.tap },
  ];
  for (const { name, url, instance, tap } of served) {
    const proxy = cleanup.use(await startTcpProxy(url, tap));
    doors.push({ name, url: proxy.url, instance, proxy });
  }

  const stop = async (service: Service) => {
    const reason = await service.stop();
    if (reason !== "exit code 0") unexpectedEnds.push(`${service.name} on SIGTERM: ${reason}`);
  };
  const isUsed = ((await redis?.clients()) ?? 0) > 0;
  const held = cleanup.move();
  return {
    database,
    redis: isUsed ? redis : undefined,
    redisMissing: isUsed ? undefined : whyNoRedis(options, redis),
    auth,
    gateway,
    instances,
    spare,
    doors,
    acks,
    gatewayUrl,
    unexpectedEnds,
    stop,
    async stopAll() {
      for (const service of [gateway, ...messages, auth]) await stop(service);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function whyNoRedis(options: ProveOptions, redis: RedisServer | undefined): string {
  if (!options.hasRedis) return "--no-redis";
  return redis ? "no service connects to it" : "there is no redis-server on this machine";
}
