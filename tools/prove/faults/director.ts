import { setTimeout as pause } from "node:timers/promises";
import type { FaultCounts, FaultLog } from "../check/run-log.ts";
import type { Load } from "../load/load-process.ts";
import type { LoadCounts } from "../load/protocol.ts";
import type { Platform } from "../platform/platform.ts";
import type { Random } from "../random.ts";
import { effectOf } from "./effect.ts";
import { type Injected, inject } from "./inject.ts";
import type { FaultKind } from "./kinds.ts";

export interface DirectorOptions {
  platform: Platform;
  load: Load;
  random: Random;
  kinds: readonly FaultKind[];
  /** When to end; every kind is injected once all the same. */
  endAt: number;
  onFault: (fault: FaultLog) => void;
}

/** After a fault's end: how long to wait at most until all is whole. */
const wholeLimitMs = 30_000;
const noticeLimitMs = 5_000;
/** One in so many comes with another at the same time, after each has come alone. */
const pairShare = 0.3;

/** These don't get into each other's way. */
const besides: Partial<Record<FaultKind, readonly FaultKind[]>> = {
  "kill-instance": ["kill-postgres", "pause-auth", "drop-connections", "kill-redis"],
  "restart-instance": ["kill-redis", "drop-connections", "kill-auth"],
  "add-instance": ["kill-redis", "kill-postgres"],
  "kill-gateway": ["kill-redis", "crash-before-broadcast"],
  "pause-instance": ["kill-postgres", "drop-connections", "pause-redis"],
  "crash-before-broadcast": ["kill-redis", "pause-redis", "lose-acks"],
  "lose-commit-answer": ["drop-connections", "kill-redis"],
  "kill-postgres": ["drop-connections", "kill-redis"],
};

/** Injects fault after fault, in an order that follows from the seed. */
export async function injectFaults(options: DirectorOptions): Promise<FaultLog[]> {
  const { random, kinds, endAt, onFault } = options;
  const faults: FaultLog[] = [];
  for (let round = 1; kinds.length > 0; round++) {
    for (const kind of random.shuffle(kinds)) {
      if (round > 1 && performance.now() > endAt) return faults;
      await pause(random.between(100, 1_500));
      const others = (besides[kind] ?? []).filter((it) => kinds.includes(it));
      const isPair = round > 1 && others.length > 0 && random.next() < pairShare;
      const fault = await injectOne(options, kind, isPair ? random.pick(others) : undefined);
      faults.push(fault);
      onFault(fault);
    }
  }
  return faults;
}

async function injectOne(
  { platform, load, random }: DirectorOptions,
  kind: FaultKind,
  beside: FaultKind | undefined,
): Promise<FaultLog> {
  const before = await load.counts();
  const lostBefore = lostByStores(platform);
  const conflictsBefore = conflictsOf(platform);
  const startedAt = Date.now();
  const injections = [inject[kind](platform, random)];
  if (beside) injections.push(inject[beside](platform, random));
  const done = await Promise.all(injections);
  const endedAt = Date.now();
  if (kind === "drop-connections") await untilNoticed(load, before);
  const noticedAfterMs = Date.now() - endedAt;
  const wholeMs = await load.untilWhole(wholeLimitMs);
  const wholeAfterMs = wholeMs === undefined ? undefined : noticedAfterMs + wholeMs;
  const counts: FaultCounts = {
    ...difference(await load.counts(), before),
    acksDropped: sum(done, (it) => it.acksDropped),
    commitsUnheard: sum(done, (it) => it.commitsUnheard),
    conflicts: conflictsOf(platform) - conflictsBefore,
    backendsLost: lostByStores(platform) - lostBefore + sum(done, (it) => it.redisClients),
  };
  return {
    kind,
    beside,
    target: done.map((it) => it.target).join(" + "),
    startedAt,
    endedAt,
    wholeAfterMs,
    counts,
    // Where two came together, their effects can't be kept apart.
    effect: beside ? 0 : effectOf(kind, counts),
  };
}

/** Clients learn of a cut a moment after it: until then all would seem whole. */
async function untilNoticed(load: Load, before: LoadCounts): Promise<void> {
  const giveUpAt = Date.now() + noticeLimitMs;
  while (Date.now() < giveUpAt) {
    if ((await load.counts()).disconnects > before.disconnects) return;
    await pause(10);
  }
}

function lostByStores({ instances, spare }: Platform): number {
  return [...instances, spare].reduce(
    (total, { storeProxy }) => total + storeProxy.lostByServer(),
    0,
  );
}

function conflictsOf({ instances }: Platform): number {
  return instances.reduce((total, { commits }) => total + commits.conflicts(), 0);
}

function difference(after: LoadCounts, before: LoadCounts): LoadCounts {
  const result = { ...after };
  for (const name of Object.keys(before)) {
    if (isCount(name, result)) result[name] -= before[name];
  }
  return result;
}

function isCount(name: string, counts: LoadCounts): name is keyof LoadCounts {
  return name in counts;
}

function sum(done: readonly Injected[], countIn: (it: Injected) => number | undefined): number {
  return done.reduce((total, it) => total + (countIn(it) ?? 0), 0);
}
