import { setTimeout as pause } from "node:timers/promises";
import type { Platform } from "../platform/platform.ts";
import type { Random } from "../random.ts";
import type { CommitMoment } from "../wire/commit-tap.ts";
import type { FaultKind } from "./kinds.ts";

/** What an injected fault has done by itself. */
export interface Injected {
  target: string;
  acksDropped?: number;
  commitsUnheard?: number;
  /** Connections that services have made anew to Redis. */
  redisClients?: number;
}

/** Injects a fault; resolves when it is over. */
type Inject = (platform: Platform, random: Random) => Promise<Injected>;

const strikeLimitMs = 5_000;

export const inject: Record<FaultKind, Inject> = {
  async "kill-instance"({ instances }, random) {
    const { service } = random.pick(instances);
    await service.kill();
    await pause(random.between(0, 1_500));
    await service.start();
    return { target: service.name };
  },

  async "restart-instance"({ instances, stop }, random) {
    const { service } = random.pick(instances);
    await stop(service);
    await service.start();
    return { target: service.name };
  },

  async "add-instance"({ doors, instances, spare, stop }, random) {
    const { name, url } = random.pick(instances);
    const proxy = doors.find(({ instance }) => instance === name)?.proxy;
    if (!proxy) throw new Error(`no door leads to ${name}`);
    await spare.service.start();
    proxy.leadTo(spare.url);
    for (const link of proxy.links()) link.cut();
    await pause(random.between(2_000, 4_000));
    proxy.leadTo(url);
    await stop(spare.service);
    return { target: `${spare.name}, with the clients of ${name}` };
  },

  async "kill-gateway"({ gateway }, random) {
    await gateway.kill();
    await pause(random.between(0, 1_500));
    await gateway.start();
    return { target: gateway.name };
  },

  async "kill-auth"({ auth }, random) {
    await auth.kill();
    await pause(random.between(3_000, 4_500));
    await auth.start();
    return { target: auth.name };
  },

  async "kill-postgres"({ database }) {
    await database.crash?.();
    return { target: "postmaster" };
  },

  async "pause-instance"({ instances }, random) {
    const { service } = random.pick(instances);
    const ms = Math.round(random.between(1_000, 4_000));
    service.pause();
    await pause(ms);
    service.resume();
    return { target: `${service.name}, ${ms} ms` };
  },

  async "pause-auth"({ auth }, random) {
    const ms = Math.round(random.between(3_000, 4_500));
    auth.pause();
    await pause(ms);
    auth.resume();
    return { target: `${ms} ms` };
  },

  async "pause-redis"({ redis }, random) {
    const ms = Math.round(random.between(1_500, 3_500));
    redis?.pause();
    await pause(ms);
    redis?.resume();
    return { target: `${ms} ms` };
  },

  async "kill-redis"({ redis }, random) {
    const ms = Math.round(random.between(500, 3_000));
    await redis?.stop();
    await pause(ms);
    await redis?.start();
    return { target: `${ms} ms`, redisClients: await clientsSoon(redis) };
  },

  async "drop-connections"({ doors }, random) {
    const share = random.between(0.3, 1);
    const cut = doors.flatMap(({ proxy }) => proxy.links()).filter(() => random.next() < share);
    for (const link of cut) link.cut();
    return { target: `${cut.length} connections` };
  },

  async "lose-acks"({ acks }, random) {
    const wanted = Math.round(random.between(3, 8));
    return { target: `${wanted} wanted`, acksDropped: await acks.lose(wanted, strikeLimitMs) };
  },

  async "crash-before-broadcast"({ instances }, random) {
    const { service, commits } = random.pick(instances);
    let killed: Promise<void> | undefined;
    const hasStruck = await commits.strike(
      "stored",
      () => {
        killed = service.kill();
      },
      strikeLimitMs,
    );
    if (hasStruck) {
      await killed;
      await service.start();
    }
    return { target: service.name, commitsUnheard: hasStruck ? 1 : 0 };
  },

  async "lose-commit-answer"({ instances }, random) {
    const { name, commits } = random.pick(instances);
    const moments: CommitMoment[] = random.shuffle(["sent", "stored", "stored"]);
    let unheard = 0;
    for (const moment of moments) {
      if (await commits.strike(moment, (link) => link.cut(), strikeLimitMs)) unheard++;
    }
    return { target: name, commitsUnheard: unheard };
  },

  async "lose-store"({ instances }, random) {
    const ms = Math.round(random.between(700, 4_000));
    for (const { storeProxy } of instances) storeProxy.refuse();
    await pause(ms);
    for (const { storeProxy } of instances) storeProxy.restore();
    return { target: `${ms} ms` };
  },
};

/** How many are connected to Redis again, once the first is. */
async function clientsSoon(redis: Platform["redis"]): Promise<number> {
  const giveUpAt = performance.now() + 3_000;
  while (redis && performance.now() < giveUpAt) {
    const count = (await redis.clients()) ?? 0;
    if (count > 0) return count;
    await pause(50);
  }
  return 0;
}
