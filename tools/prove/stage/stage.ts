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
import { openDatabase, type ProveDatabase } from "./database.ts";

/** A message instance, with a proxy of its own between it and the store of its messages. */
export interface Instance {
  name: string;
  service: Service;
  storeProxy: TcpProxy;
  commits: CommitTap;
}

/** Where clients come in: through a proxy of ours, which can cut them off. */
export interface Door {
  name: string;
  url: string;
  /** Undefined: it leads to either. */
  instance: string | undefined;
  proxy: TcpProxy;
}

/** The whole platform as processes, with everything in reach that can be broken. */
export interface Stage extends AsyncDisposable {
  database: ProveDatabase;
  /** Undefined: there is none, or no service uses it. */
  redis: RedisServer | undefined;
  /** Why there is no Redis. */
  redisMissing: string | undefined;
  auth: Service;
  instances: readonly Instance[];
  doors: readonly Door[];
  acks: AckTap;
  /** The gateway without a proxy. */
  gatewayUrl: string;
  unexpectedEnds: readonly string[];
  /** Stops the services as a deployment would; how they ended goes into `unexpectedEnds`. */
  stopServices: () => Promise<void>;
}

const instanceCount = 2;

export async function openStage(options: ProveOptions, dataDir: string): Promise<Stage> {
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
    Array.from({ length: instanceCount }, async () => {
      const commits = createCommitTap(mongoUrl === undefined ? watchPostgres : watchMongo);
      const storeProxy = await startTcpProxy(mongoUrl ?? database.url, commits.tap);
      return { commits, storeProxy: cleanup.use(storeProxy) };
    }),
  );
  const layout = await layOut({
    databaseUrl: database.url,
    instances: instanceCount,
    env: redis ? { REDIS_URL: redis.url } : {},
  });
  const storeSetting = mongoUrl === undefined ? "DATABASE_URL" : "MONGODB_URI";
  const { auth, messages, gateway } = cleanup.use(
    await startProcesses(layout, {
      logs,
      messageMain: options.messageMain,
      messageEnvs: stores.map(({ storeProxy }) => ({ [storeSetting]: storeProxy.url })),
      onUnexpectedEnd: (name, reason) => unexpectedEnds.push(`${name}: ${reason}`),
    }),
  );
  const instances = stores.flatMap((store, i) => {
    const service = messages[i];
    return service ? [{ name: service.name, service, ...store }] : [];
  });

  const acks = createAckTap();
  const doors: Door[] = [];
  const served = [
    ...instances.map(({ name }, i) => ({
      name,
      url: layout.messages[i]?.httpUrl ?? "",
      instance: name,
    })),
    { name: "gateway", url: layout.gateway.url, instance: undefined },
  ];
  for (const { name, url, instance } of served) {
    const proxy = cleanup.use(await startTcpProxy(url, acks.tap));
    doors.push({ name, url: proxy.url, instance, proxy });
  }

  const isUsed = ((await redis?.clients()) ?? 0) > 0;
  const held = cleanup.move();
  return {
    database,
    redis: isUsed ? redis : undefined,
    redisMissing: isUsed ? undefined : whyNoRedis(options, redis),
    auth,
    instances,
    doors,
    acks,
    gatewayUrl: layout.gateway.url,
    unexpectedEnds,
    async stopServices() {
      for (const service of [gateway, ...messages, auth]) {
        const reason = await service.stop();
        if (reason !== "exit code 0") unexpectedEnds.push(`${service.name} on SIGTERM: ${reason}`);
      }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function whyNoRedis(options: ProveOptions, redis: RedisServer | undefined): string {
  if (!options.hasRedis) return "--no-redis";
  return redis ? "no service connects to it" : "there is no redis-server on this machine";
}
