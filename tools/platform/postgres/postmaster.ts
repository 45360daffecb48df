import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { budgets } from "#common/budgets.ts";
import { StartError } from "#common/lifecycle.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { endLeftOver, readPidFile } from "./postmaster-pid.ts";
import { type ServerUser, serverPath, serverSpawnOptions } from "./server-user.ts";

const maxLogBytes = 16 * 1024 * 1024;
const orphansMs = 10_000;
const slowStartMs = 8_000;
const fastStopMs = 30_000;
const immediateStopMs = 5_000;

export interface PostmasterOptions {
  clusterDir: string;
  logFile: string;
  binaries: PostgresBinaries;
  user: ServerUser | undefined;
  port: number;
  isFast: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

export interface Postmaster {
  pid: number;
  /** Resolves when it has ended, for whatever reason, with that reason. */
  ended: Promise<string>;
  stop: () => Promise<void>;
  /** Ends at once; the next start recovers. */
  kill: () => void;
}

/** Starts the server on a folder that no other start supervises; resolves when it takes connections. */
export async function launchPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  await endLeftOver(options.clusterDir, options.say);
  const deadline = Date.now() + orphansMs;
  for (;;) {
    const outcome = await tryLaunch(options);
    if (typeof outcome !== "string") return outcome;
    options.signal.throwIfAborted();
    // Backends of a killed postmaster end as soon as they notice.
    if (!outcome.includes("pre-existing shared memory") || Date.now() > deadline) {
      throw new StartError(explain(outcome, options));
    }
    await sleep(100, undefined, { signal: options.signal });
  }
}

async function tryLaunch(options: PostmasterOptions): Promise<Postmaster | string> {
  const { clusterDir, logFile, binaries, user, say, signal } = options;
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) {
    renameSync(logFile, `${logFile}.1`);
  }
  const log = openSync(logFile, "a", 0o600);
  const logStart = statSync(logFile).size;
  const child = spawn(binaries.postgres, postgresArguments(options), {
    ...serverSpawnOptions(clusterDir, user),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, by) => resolve(by ?? `exit code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) return await ended;

  const watchdog = startWatchdog(pid, clusterDir, user);
  ended.then(() => watchdog[Symbol.dispose]());
  const slow = setTimeout(() => {
    say(`PostgreSQL is still starting (recovering after a crash?); its log is ${logFile}`);
  }, slowStartMs);
  try {
    const isReady = await readiness(child, clusterDir, signal);
    if (isReady) return { pid, ended, stop: () => stop(child), kill: () => kill(child) };
    await stop(child);
    const lines = readFileSync(logFile).subarray(logStart).toString("utf8").split("\n");
    const failures = lines.filter((line) => /FATAL:|PANIC:|could not bind/.test(line));
    return failures.join("\n") || (await ended);
  } finally {
    clearTimeout(slow);
  }
}

function postgresArguments({ clusterDir, user, port, isFast }: PostmasterOptions): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: `${port}`,
    unix_socket_directories: "",
    max_connections: "100",
    shared_buffers: isFast ? "32MB" : "128MB",
    max_wal_size: "512MB",
    io_method: "sync",
    jit: "off",
    max_logical_replication_workers: "0",
    // The supervisor starts it anew. A postmaster that does so itself can wait for ever for a
    // recovery that has failed: on a full disk it was seen to.
    restart_after_crash: "off",
    synchronous_commit: "on",
    fsync: isFast ? "off" : "on",
    full_page_writes: isFast ? "off" : "on",
    log_checkpoints: "off",
    log_line_prefix: "%m [%p] ",
    timezone: "UTC",
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", serverPath(clusterDir, user), ...pairs];
}

/** True when it takes connections, false when it has ended before or is no longer wanted. */
async function readiness(
  child: ChildProcess,
  clusterDir: string,
  signal: AbortSignal,
): Promise<boolean> {
  while (!hasEnded(child) && !signal.aborted) {
    const file = readPidFile(clusterDir);
    if (file?.pid === child.pid && file?.isReady) return true;
    await sleep(10);
  }
  return false;
}

function explain(reason: string, { port, logFile }: PostmasterOptions): string {
  if (/could not bind|could not create any TCP/.test(reason)) {
    return /Permission denied/.test(reason)
      ? `POSTGRES_PORT ${port} needs root's rights; set POSTGRES_PORT to one above 1023`
      : portInUse(port);
  }
  const [first = ""] = reason.split("\n").filter((line) => /FATAL:|PANIC:/.test(line));
  const short = first.replace(/^.*?(FATAL|PANIC):\s*/, "") || reason;
  return `PostgreSQL doesn't start (${short}); its log is ${logFile}`;
}

export function portInUse(port: number): string {
  return `port ${port} is in use; stop what listens there, or set POSTGRES_PORT to a free port`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, "exit");
  const immediate = setTimeout(() => child.kill("SIGQUIT"), fastStopMs);
  const killing = setTimeout(() => child.kill("SIGKILL"), fastStopMs + immediateStopMs);
  child.kill("SIGINT");
  await exit;
  clearTimeout(immediate);
  clearTimeout(killing);
}

function kill(child: ChildProcess): void {
  child.kill("SIGQUIT");
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

// Reads until the supervisor is gone. Then it stops the server gently, so that the services, which
// end at that moment, can finish; what still runs after that is stopped at once.
const script = `
read -r line
[ "$line" = done ] && exit
is_running() { read -r pid < postmaster.pid && [ "$pid" = "$1" ]; }
is_running "$1" && kill -TERM "$1"
for second in $(seq ${budgets.drain.watchdog / 1000}); do
  sleep 1
  is_running "$1" || exit
done
kill -INT "$1"
`;

/**
 * Ends the server when the supervisor is killed, so that `kill -9` leaves no port taken and no
 * process behind. Where the watchdog is killed too, the next start ends the left-over server.
 */
export function startWatchdog(
  pid: number,
  clusterDir: string,
  user: ServerUser | undefined,
): Disposable {
  const watchdog = spawn("/bin/sh", ["-c", script, "aetherconnect-watchdog", `${pid}`], {
    ...serverSpawnOptions(clusterDir, user),
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.on("error", () => {});
  watchdog.stdin.on("error", () => {});
  return { [Symbol.dispose]: () => watchdog.stdin.end("done\n") };
}
