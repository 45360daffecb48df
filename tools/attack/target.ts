import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../platform/postgres/embedded-postgres.ts";
import { findFreePorts } from "../rig/ports.ts";
import { type RedisServer, startRedis, withoutRedis } from "../rig/redis.ts";
import { type Clock, createClock } from "./clocks.ts";
import { mountSmallDisk, type SmallDisk } from "./disk.ts";
import { createVictim, type Victim, type VictimName } from "./victim.ts";

/** The platform as processes on ports of its own, without the limits that would end a flood early. */
export interface Target extends AsyncDisposable {
  gateway: string;
  message: string;
  auth: string;
  authRpc: string;
  messageRpc: string;
  databaseUrl: string;
  postgresPid: () => number;
  victims: Record<VictimName, Victim>;
  /** Runs, and no service uses it by itself; undefined where none is installed. */
  redis: RedisServer | undefined;
  /** What PostgreSQL stands on; undefined where none may be mounted. */
  disk: SmallDisk | undefined;
  /** For a service that is started with it; undefined where there is no libfaketime. */
  clock: Clock | undefined;
  unexpectedEnds: string[];
  logs: string;
}

export async function startTarget(): Promise<Target> {
  const stack = new AsyncDisposableStack();
  try {
    return await startOn(stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startOn(stack: AsyncDisposableStack): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), "aetherconnect-attack-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const dataDir = join(directory, "data");
  const disk = mountSmallDisk(dataDir);
  if (disk) stack.use(disk);
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir, port: 0, isFast: true }));
  const redis = withoutRedis
    ? undefined
    : stack.use(await startRedis(join(directory, "redis.log")));
  const [gatewayPort, messagePort, authPort, authRpcPort, messageRpcPort] = (
    await findFreePorts(5)
  ).map(String);
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    SERVICE_SECRET: randomBytes(32).toString("hex"),
    DATABASE_URL: postgres.url,
    LOG_LEVEL: "warn",
    API_GATEWAY_PORT: gatewayPort,
    MESSAGE_SERVICE_HTTP_PORT: messagePort,
    AUTH_SERVICE_HTTP_PORT: authPort,
    AUTH_SERVICE_GRPC_PORT: authRpcPort,
    MESSAGE_SERVICE_GRPC_PORT: messageRpcPort,
    RATE_LIMIT_PER_MINUTE: "0",
    AUTH_RATE_LIMIT_PER_MINUTE: "0",
    HANDSHAKES_PER_MINUTE: "0",
  };
  const unexpectedEnds: string[] = [];
  let ending: Promise<void> | undefined;
  const launch = async (name: VictimName) => {
    const victim = createVictim({
      name,
      env,
      logFile: join(directory, `${name}.log`),
      onUnexpectedEnd(who, reason) {
        if (ending) return;
        unexpectedEnds.push(`${who}: ${reason.split(":")[0]}`);
        process.stdout.write(`${who} ended: ${reason}\n`);
        // What comes next is an attack as well, and needs all of them.
        victim.start().catch(() => undefined);
      },
    });
    stack.defer(() => victim.kill());
    await victim.start();
    return victim;
  };
  const victims = {
    auth: await launch("auth"),
    message: await launch("message"),
    gateway: await launch("gateway"),
  };
  return {
    gateway: `http://127.0.0.1:${gatewayPort}`,
    message: `http://127.0.0.1:${messagePort}`,
    auth: `http://127.0.0.1:${authPort}`,
    authRpc: `http://127.0.0.1:${authRpcPort}`,
    messageRpc: `http://127.0.0.1:${messageRpcPort}`,
    databaseUrl: postgres.url,
    postgresPid: () => postgres.pid,
    victims,
    redis,
    disk,
    clock: createClock(directory),
    unexpectedEnds,
    logs: directory,
    [Symbol.asyncDispose]() {
      // Who comes second, after a signal say, waits for the first.
      ending ??= stack.disposeAsync();
      return ending;
    },
  };
}
