import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "#contract/root.ts";
import { findFreePorts } from "#tools/rig/ports.ts";
import { type RedisServer, startRedis, withoutRedis } from "#tools/rig/redis.ts";
import { startTcpProxy, type TcpProxy } from "#tools/rig/tcp-proxy.ts";
import type { ProveOptions } from "../options.ts";
import { type AckTap, createAckTap } from "../wire/ack-tap.ts";
import { openDatabase, type ProveDatabase } from "./database.ts";
import { type Instance, startInstance } from "./instance.ts";
import { createServiceChild, type ServiceChild } from "./service-child.ts";

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
  auth: ServiceChild;
  instances: readonly Instance[];
  doors: readonly Door[];
  acks: AckTap;
  /** The gateway without a proxy. */
  gatewayUrl: string;
  unexpectedEnds: readonly string[];
  /** Stops the services as a deployment would; how they ended goes into `unexpectedEnds`. */
  stopServices: () => Promise<void>;
}

export async function openStage(options: ProveOptions, dataDir: string): Promise<Stage> {
  await using cleanup = new AsyncDisposableStack();
  const logs = join(dataDir, "logs");
  mkdirSync(logs, { recursive: true });
  const logFile = (name: string) => join(logs, `${name}.log`);
  const unexpectedEnds: string[] = [];

  const database = cleanup.use(await openDatabase(dataDir, options.databaseUrl));
  const redis =
    options.hasRedis && !withoutRedis ? cleanup.use(await startRedis(logFile("redis"))) : undefined;
  const baseEnv: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(dataDir, "compile-cache"),
    SERVICE_SECRET: randomBytes(32).toString("hex"),
    LOG_LEVEL: "warn",
    RATE_LIMIT_PER_MINUTE: "0",
    AUTH_RATE_LIMIT_PER_MINUTE: "0",
    HANDSHAKES_PER_MINUTE: "0",
    SOCKETS_PER_USER: "0",
    SOCKET_MESSAGES_PER_SECOND: "0",
    ...(redis && { REDIS_URL: redis.url }),
  };
  const startChild = async (name: string, entry: string, env: NodeJS.ProcessEnv) => {
    const child = createServiceChild({
      name,
      entry,
      env: { ...baseEnv, ...env },
      logFile: logFile(name),
      onUnexpectedEnd: (reason) => unexpectedEnds.push(`${name}: ${reason}`),
    });
    await child.start();
    cleanup.defer(() => child.kill());
    return child;
  };
  const mainOf = (service: string) => join(ROOT, "services", service, "main.ts");

  const [authHttp, authRpc, gatewayPort] = await findFreePorts(3);
  const authUrl = `http://127.0.0.1:${authRpc}`;
  const auth = await startChild("auth", mainOf("auth"), {
    DATABASE_URL: database.url,
    AUTH_SERVICE_HTTP_PORT: `${authHttp}`,
    AUTH_SERVICE_GRPC_PORT: `${authRpc}`,
  });
  const instances: Instance[] = [];
  for (const name of ["message-1", "message-2"]) {
    const instance = await startInstance({
      name,
      databaseUrl: database.url,
      mongoUrl: options.store === "mongo" ? process.env.MONGODB_URI : undefined,
      start: (env) =>
        startChild(name, options.messageMain ?? mainOf("message"), {
          ...env,
          AUTH_SERVICE_URL: authUrl,
        }),
    });
    cleanup.use(instance.storeProxy);
    instances.push(instance);
  }
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  const gateway = await startChild("gateway", mainOf("gateway"), {
    API_GATEWAY_PORT: `${gatewayPort}`,
    AUTH_SERVICE_URL: authUrl,
    MESSAGE_SERVICE_URLS: instances.map((it) => it.httpUrl).join(","),
    MESSAGE_SERVICE_RPC_URLS: instances.map((it) => it.rpcUrl).join(","),
  });

  const acks = createAckTap();
  const doors: Door[] = [];
  const served = [
    ...instances.map(({ name, httpUrl }) => ({ name, httpUrl, instance: name })),
    { name: "gateway", httpUrl: gatewayUrl, instance: undefined },
  ];
  for (const { name, httpUrl, instance } of served) {
    const proxy = cleanup.use(await startTcpProxy(httpUrl, acks.tap));
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
    gatewayUrl,
    unexpectedEnds,
    async stopServices() {
      for (const child of [gateway, ...instances.map((it) => it.child), auth]) {
        const reason = await child.stop();
        if (reason !== "exit code 0") unexpectedEnds.push(`${child.name} on SIGTERM: ${reason}`);
      }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function whyNoRedis(options: ProveOptions, redis: RedisServer | undefined): string {
  if (!options.hasRedis) return "--no-redis";
  return redis ? "no service connects to it" : "there is no redis-server on this machine";
}
