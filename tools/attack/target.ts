import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../platform/postgres/embedded-postgres.ts";
import { layOut } from "../rig/layout.ts";
import { startProcesses } from "../rig/processes.ts";
import { type RedisServer, startRedis, withoutRedis } from "../rig/redis.ts";
import type { Service } from "../rig/service.ts";
import { type Clock, createClock } from "./clocks.ts";
import { mountSmallDisk, type SmallDisk } from "./disk.ts";

export const victimNames = ["auth", "message", "gateway"] as const;
export type VictimName = (typeof victimNames)[number];

/** The platform as processes on ports of its own, without the limits that would end a flood early. */
export interface Target extends AsyncDisposable {
  gateway: string;
  message: string;
  auth: string;
  authRpc: string;
  messageRpc: string;
  databaseUrl: string;
  postgresPid: () => number;
  victims: Record<VictimName, Service>;
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
  await using stack = new AsyncDisposableStack();
  const logs = await mkdtemp(join(tmpdir(), "aetherconnect-attack-"));
  stack.defer(() => rm(logs, { recursive: true, force: true }));
  const dataDir = join(logs, "data");
  const disk = mountSmallDisk(dataDir);
  if (disk) stack.use(disk);
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir, port: 0, isFast: true }));
  const redis = withoutRedis ? undefined : stack.use(await startRedis(join(logs, "redis.log")));
  // Sockets and messages keep their limits, as they are part of what holds out.
  const env = { SOCKETS_PER_USER: undefined, SOCKET_MESSAGES_PER_SECOND: undefined };
  const layout = await layOut({ databaseUrl: postgres.url, env });
  const unexpectedEnds: string[] = [];
  let ending: Promise<void> | undefined;
  const { auth, messages, gateway } = stack.use(
    await startProcesses(layout, {
      logs,
      isMeasured: true,
      onUnexpectedEnd(name, reason) {
        if (ending) return;
        unexpectedEnds.push(`${name}: ${reason}`);
        process.stdout.write(`${name} ended (${reason}), see ${logs}\n`);
      },
    }),
  );
  const [message] = layout.messages;
  const held = stack.move();
  return {
    gateway: layout.gateway.url,
    message: message.httpUrl,
    auth: layout.auth.httpUrl,
    authRpc: layout.auth.rpcUrl,
    messageRpc: message.rpcUrl,
    databaseUrl: postgres.url,
    postgresPid: () => postgres.pid,
    victims: { auth, message: messages[0], gateway },
    redis,
    disk,
    clock: createClock(logs),
    unexpectedEnds,
    logs,
    [Symbol.asyncDispose]() {
      // Who comes second, after a signal say, waits for the first.
      ending ??= held.disposeAsync();
      return ending;
    },
  };
}
