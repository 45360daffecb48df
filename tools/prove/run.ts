import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { budgets } from "#common/budgets.ts";
import { checkRun, type Verdict } from "./check/check.ts";
import type { FaultLog, RunLog } from "./check/run-log.ts";
import { injectFaults } from "./faults/director.ts";
import { type FaultKind, faultTitles } from "./faults/kinds.ts";
import { type Load, startLoad } from "./load/load-process.ts";
import type { ClientSpec } from "./load/protocol.ts";
import type { ProveOptions } from "./options.ts";
import { type Door, type Platform, startPlatform } from "./platform/platform.ts";
import { createRandom } from "./random.ts";

/** What a run has shown. */
export interface ProveResult {
  verdict: Verdict;
  faults: readonly FaultLog[];
  /** What was left out, and why. */
  leftOut: readonly string[];
  /** How long messages were sent. */
  seconds: number;
}

const progressMs = 5_000;
const lastWholeMs = 30_000;
/** What an instance that is gone has said of its users holds for so long, until all have read it. */
const presencesRestMs = budgets.presence.lease + 2 * budgets.delivery.poll;
const interrupted = "it was interrupted";

/** Runs the platform, breaks things, and compares. @throws Error where it can't be run at all */
export async function prove(
  options: ProveOptions,
  dataDir: string,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<ProveResult> {
  await using platform = await startPlatform(options, dataDir);
  if (signal?.aborted) throw new Error(interrupted);
  const load = startLoad(join(dataDir, "logs", "clients.log"));
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error(interrupted)));
  });
  try {
    return await Promise.race([run(options, platform, load, dataDir, say), aborted]);
  } finally {
    load.kill();
  }
}

async function run(
  options: ProveOptions,
  platform: Platform,
  load: Load,
  dataDir: string,
  say: (line: string) => void,
): Promise<ProveResult> {
  const random = createRandom(options.seed);
  const { kinds, leftOut } = possibleFaults(options, platform);
  for (const line of leftOut) say(`left out: ${line}`);

  await load.start({
    clients: clientSpecs(platform, options.rate),
    sharedRooms: options.rooms,
    instances: platform.instances.map(({ name }) => name),
    apiUrl: platform.doors.at(-1)?.url ?? platform.gatewayUrl,
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
    faults = await injectFaults({ platform, load, random, kinds, endAt, onFault });
    await pause(Math.max(endAt - performance.now(), 0));
  } finally {
    clearInterval(progress);
  }
  await load.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  const isWhole = (await load.untilWhole(lastWholeMs)) !== undefined;
  // What comes last, such as who is online, has to be everywhere too.
  if (isWhole) await load.settle(faults.length > 0 ? presencesRestMs : 0);
  say(`${since()}  ${progressOf(load)}; comparing`);
  const logs = await load.finish(join(dataDir, "clients.json"));
  await platform.stopAll();
  const log: RunLog = {
    ...logs,
    faults,
    wanted: kinds,
    unexpectedEnds: platform.unexpectedEnds,
    limits: { silenceMs: options.silence && options.silence * 1_000 },
  };
  return { verdict: checkRun(log), faults, leftOut, seconds };
}

function possibleFaults(
  options: ProveOptions,
  platform: Platform,
): { kinds: FaultKind[]; leftOut: string[] } {
  const leftOut: string[] = [];
  const kinds = options.faults.filter((kind) => {
    const why =
      kind === "kill-redis" || kind === "pause-redis"
        ? platform.redisMissing
        : kind === "kill-postgres"
          ? whyNotKilled(options, platform)
          : undefined;
    if (why !== undefined) leftOut.push(`${faultTitles[kind]} (${why})`);
    return why === undefined;
  });
  return { kinds, leftOut };
}

function whyNotKilled(options: ProveOptions, platform: Platform): string | undefined {
  if (options.store !== "postgres") return "the messages are elsewhere";
  return platform.database.crash ? undefined : "the server is another's";
}

/**
 * At the gateway, with and without WebSockets, the SDK; at each instance plain Socket.IO clients, by
 * either transport, which watch the wire, and one that upgrades at the gateway. On every door write
 * and read some, and a second device of a writer of another door only watches. Everybody writes to
 * the shared rooms. To an instance's own room write only its clients: there the others hear of a
 * message by a hint or a poll and not by a hole.
 */
function clientSpecs({ doors }: Platform, rate: number): ClientSpec[] {
  const inRole = (role: string) =>
    doors.map((door) => transportsOf(door).map((it) => specOf(role, door, it)));
  const writers = inRole("writer");
  const messagesPerSecond = rate / writers.flat().length;
  const devices = inRole("device").flatMap(([device], i) => {
    const [writer] = writers[(i + 1) % writers.length] ?? [];
    return device && writer ? [{ ...device, user: writer.user, joins: false }] : [];
  });
  return [
    ...writers.flat().map((it) => ({
      ...it,
      messagesPerSecond,
      actsPerSecond: messagesPerSecond / 2,
    })),
    ...inRole("reader").flat(),
    ...devices,
    ...doors.slice(-1).map((door) => specOf("reader", door, ["polling", "websocket"])),
  ];
}

function transportsOf({ instance }: Door): ClientSpec["transports"][] {
  return instance === undefined ? [undefined] : [["websocket"], ["polling"]];
}

function specOf(
  role: string,
  { name: door, url, instance }: Door,
  transports: ClientSpec["transports"],
): ClientSpec {
  const name = [role, door, ...(transports ?? ["sdk"])].join("-");
  const reads = { joins: true, messagesPerSecond: 0, actsPerSecond: 1 };
  return { name, user: name, url, instance, transports, ...reads };
}

function progressOf(load: Load): string {
  const status = load.status();
  if (!status) return "no word from the clients";
  const { sent, acknowledged, done, joined, toJoin } = status;
  return `sent ${sent}, acknowledged ${acknowledged}, acts ${done}, joined ${joined} of ${toJoin}`;
}

function describe({ kind, beside, target, startedAt, endedAt, wholeAfterMs }: FaultLog): string {
  const what = beside ? `${faultTitles[kind]} and ${faultTitles[beside]}` : faultTitles[kind];
  const whole = wholeAfterMs === undefined ? "NOT whole again" : `whole after ${wholeAfterMs} ms`;
  return `${what} (${target}): ${endedAt - startedAt} ms, ${whole}`;
}
