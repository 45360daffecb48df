import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ApiUser, registerApiUser } from "#tools/rig/api.ts";
import { checkRun, type Verdict } from "./check/check.ts";
import type { FaultLog, RunLog } from "./check/run-log.ts";
import { injectFaults } from "./faults/director.ts";
import { type FaultKind, faultTitles } from "./faults/kinds.ts";
import { type Load, startLoad } from "./load/load-process.ts";
import type { ClientSpec } from "./load/protocol.ts";
import type { ProveOptions } from "./options.ts";
import { createRandom } from "./random.ts";
import { readStore } from "./stage/read-store.ts";
import { openStage, type Stage } from "./stage/stage.ts";

/** What a run has shown. */
export interface ProveResult {
  verdict: Verdict;
  faults: readonly FaultLog[];
  /** What was left out, and why. */
  leftOut: readonly string[];
  /** How long messages were sent. */
  seconds: number;
}

/** On PostgreSQL: from a fault's end until all is whole. */
const silenceLimitMs = 5_000;
const progressMs = 5_000;
const lastWholeMs = 30_000;
const interrupted = "it was interrupted";

/** Runs the platform, breaks things, and compares. @throws Error where it can't be run at all */
export async function prove(
  options: ProveOptions,
  dataDir: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<ProveResult> {
  await using stage = await openStage(options, dataDir);
  if (signal?.aborted) throw new Error(interrupted);
  const load = startLoad(join(dataDir, "logs", "clients.log"));
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error(interrupted)));
  });
  try {
    return await Promise.race([run(options, stage, load, dataDir, say), aborted]);
  } finally {
    load.kill();
  }
}

async function run(
  options: ProveOptions,
  stage: Stage,
  load: Load,
  dataDir: string,
  say: (line: string) => void,
): Promise<ProveResult> {
  const random = createRandom(options.seed);
  const { kinds, leftOut } = possibleFaults(options, stage);
  for (const line of leftOut) say(`left out: ${line}`);

  const user = await registerApiUser(stage.gatewayUrl);
  const rooms = await createRooms(user, options.rooms, stage);
  const roomIds = [...rooms.shared, ...rooms.own.values()];
  await load.start({
    clients: clientSpecs(stage, options.rate, rooms),
    roomIds,
    apiUrl: stage.doors.at(-1)?.url ?? stage.gatewayUrl,
    seed: options.seed,
  });
  const startedAt = performance.now();
  const since = () => `${Math.round((performance.now() - startedAt) / 1000)} s`.padStart(6);
  say(`${since()}  sending, ${load.status()?.toJoin} joined sockets times rooms`);
  const progress = setInterval(() => say(`${since()}  ${progressOf(load)}`), progressMs);
  let faults: FaultLog[];
  try {
    const endAt = startedAt + options.seconds * 1000;
    const onFault = (fault: FaultLog) => say(`${since()}  ${describe(fault)}`);
    faults = await injectFaults({ stage, load, random, kinds, endAt, onFault });
    await pause(Math.max(endAt - performance.now(), 0));
  } finally {
    clearInterval(progress);
  }
  await load.stopSending();
  const seconds = (performance.now() - startedAt) / 1000;
  const isWhole = (await load.untilWhole(lastWholeMs)) !== undefined;
  // What is stored last has to be everywhere too.
  if (isWhole) await load.untilWhole(lastWholeMs);
  say(`${since()}  ${progressOf(load)}; comparing`);
  const stored = await readStore(user, roomIds);
  const { sends, clients } = await load.finish(join(dataDir, "clients.json"));
  await stage.stopServices();
  const log: RunLog = {
    rooms: stored,
    sends,
    clients,
    faults,
    wanted: kinds,
    unexpectedEnds: stage.unexpectedEnds,
    limits: { silenceMs: options.store === "postgres" ? silenceLimitMs : undefined },
  };
  return { verdict: checkRun(log), faults, leftOut, seconds };
}

function possibleFaults(
  options: ProveOptions,
  stage: Stage,
): { kinds: FaultKind[]; leftOut: string[] } {
  const leftOut: string[] = [];
  const kinds = options.faults.filter((kind) => {
    const why =
      kind === "kill-redis" || kind === "pause-redis"
        ? stage.redisMissing
        : kind === "kill-postgres"
          ? whyNotKilled(options, stage)
          : undefined;
    if (why !== undefined) leftOut.push(`${faultTitles[kind]} (${why})`);
    return why === undefined;
  });
  return { kinds, leftOut };
}

function whyNotKilled(options: ProveOptions, stage: Stage): string | undefined {
  if (options.store !== "postgres") return "the messages are elsewhere";
  return stage.database.crash ? undefined : "the server is another's";
}

/**
 * On every door a writer and a reader, each by WebSocket and by polling, and one that upgrades.
 * Everybody writes to the shared rooms. To an instance's own room write only its clients: there
 * the others hear of a message by a hint or a poll and not by a hole.
 */
function clientSpecs({ doors }: Stage, rate: number, rooms: Rooms): ClientSpec[] {
  const specs = doors.flatMap(({ name, url, instance }) =>
    (["websocket", "polling"] as const).flatMap((transport) =>
      ["writer", "reader"].map((role): ClientSpec => {
        const own = instance === undefined ? undefined : rooms.own.get(instance);
        return {
          name: `${role}-${name}-${transport}`,
          url,
          instance,
          transports: [transport],
          messagesPerSecond: role === "writer" ? rate / (doors.length * 2) : 0,
          writesTo: own === undefined ? rooms.shared : [...rooms.shared, own],
        };
      }),
    ),
  );
  const upgrading = specs.find((it) => it.messagesPerSecond === 0);
  if (!upgrading) return specs;
  const name = `${upgrading.name}-up`;
  return [...specs, { ...upgrading, name, transports: ["polling", "websocket"] }];
}

interface Rooms {
  shared: string[];
  /** By instance. */
  own: ReadonlyMap<string, string>;
}

async function createRooms(user: ApiUser, count: number, stage: Stage): Promise<Rooms> {
  const shared: string[] = [];
  for (let i = 1; i <= count; i++) shared.push(await createRoom(user, `shared ${i}`));
  const own = new Map<string, string>();
  for (const { name } of stage.instances) own.set(name, await createRoom(user, name));
  return { shared, own };
}

async function createRoom(user: ApiUser, name: string): Promise<string> {
  const { status, body } = await user.post("/api/rooms", { name });
  const { room } = body;
  if (typeof room === "object" && room !== null && "id" in room) return String(room.id);
  throw new Error(`no room could be created (${status}): ${JSON.stringify(body)}`);
}

function progressOf(load: Load): string {
  const status = load.status();
  if (!status) return "no word from the clients";
  const { sent, acknowledged, joined, toJoin } = status;
  return `sent ${sent}, acknowledged ${acknowledged}, joined ${joined} of ${toJoin}`;
}

function describe({ kind, beside, target, startedAt, endedAt, wholeAfterMs }: FaultLog): string {
  const what = beside ? `${faultTitles[kind]} and ${faultTitles[beside]}` : faultTitles[kind];
  const whole = wholeAfterMs === undefined ? "NOT whole again" : `whole after ${wholeAfterMs} ms`;
  return `${what} (${target}): ${endedAt - startedAt} ms, ${whole}`;
}
