import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Env } from "#common/settings.ts";
import { launchService, type ServiceProcess } from "#tools/platform/services/service-process.ts";

export interface ServiceOptions {
  name: string;
  /** A program that sends `{type: "ready", urls}` to its parent. */
  entry: string;
  env?: Env;
  /** Where what it prints goes; to our own output if not given. */
  logFile?: string;
  /** It can be asked for what it uses. */
  isMeasured?: boolean;
  /** It ended though nobody ended it, and will be started again. */
  onUnexpectedEnd?: (reason: string) => void;
}

/** A server as a process that can be measured, paused, killed and started again. */
export interface Service extends AsyncDisposable {
  name: string;
  /** Where it listens. */
  readonly urls: readonly string[];
  /**
   * Resolves when it is ready.
   * @param settings besides its own; those of the last start if not given
   * @throws StartError if it ends before
   */
  start: (settings?: Env) => Promise<void>;
  /** Starts it anew, unless it runs with just these settings besides its own. */
  runWith: (settings: Env) => Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** SIGTERM, as a deployment would; answers how it ended. */
  stop: () => Promise<string>;
  /** @throws Error if it has ended */
  usage: (afterGc?: boolean) => Promise<Usage>;
  /** Bytes of the machine that it holds now, garbage and all; 0 if it has ended. Linux only. */
  resident: () => number;
}

/** What a process has used since it began: CPU time in microseconds, memory in bytes. */
export interface Usage {
  /** User and system time. */
  cpuMicros: number;
  rss: number;
  /** V8's heap, and what it holds outside. */
  heap: number;
}

const restartDelayMs = 250;
const usageHook = join(import.meta.dirname, "usage-hook.ts");

export function createService(options: ServiceOptions): Service {
  const { name, entry, logFile, isMeasured, onUnexpectedEnd } = options;
  const print = (_: string, line: string) => {
    if (logFile === undefined) process.stdout.write(`${name}: ${line}\n`);
    else appendFileSync(logFile, `${line}\n`);
  };
  const output = { say() {}, warn() {}, from: print, warnFrom: print };
  const profileDir = process.env.BENCH_CPU_PROF;
  const execArgv = isMeasured
    ? [
        ...["--expose-gc", "--import", usageHook],
        ...(profileDir ? ["--cpu-prof", `--cpu-prof-dir=${profileDir}`] : []),
      ]
    : [];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...options.env };
  let settings: Env = {};
  let run: ServiceProcess | undefined;
  let urls: readonly string[] = [];
  let isWanted = false;

  const restartAfter = async (started: ServiceProcess) => {
    const reason = await started.ended;
    if (!isWanted || run !== started) return;
    onUnexpectedEnd?.(reason);
    setTimeout(() => {
      if (isWanted && run === started) self.start().catch(() => undefined);
    }, restartDelayMs);
  };
  const self: Service = {
    name,
    get urls() {
      return urls;
    },
    async start(newSettings = settings) {
      settings = newSettings;
      isWanted = true;
      const started = launchService({ name, entry, execArgv }, { ...env, ...settings }, output);
      run = started;
      urls = await started.ready;
      void restartAfter(started);
    },
    async runWith(newSettings) {
      if (isDeepStrictEqual(newSettings, settings)) return;
      await self.kill();
      await self.start(newSettings);
    },
    async kill() {
      isWanted = false;
      run?.kill();
      await run?.ended;
    },
    pause: () => void run?.child.kill("SIGSTOP"),
    resume: () => void run?.child.kill("SIGCONT"),
    async stop() {
      isWanted = false;
      self.resume();
      await run?.stop();
      return (await run?.ended) ?? "not started";
    },
    async usage(afterGc = false) {
      if (!run?.child.connected) throw new Error(`${name} has ended`);
      const { child, ended } = run;
      const answer = new Promise<Usage>((resolve, reject) => {
        const take = (message: unknown) => {
          if (!isUsage(message)) return;
          child.off("message", take);
          resolve(message);
        };
        child.on("message", take);
        ended.then((reason) => reject(new Error(`${name} has ended (${reason})`)));
      });
      child.send(afterGc ? "usage after gc" : "usage");
      return answer;
    },
    resident() {
      try {
        const status = readFileSync(`/proc/${run?.child.pid}/status`, "utf8");
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
      } catch {
        return 0;
      }
    },
    async [Symbol.asyncDispose]() {
      // A profile is written by a process that ends by itself.
      if (isMeasured && profileDir) await self.stop();
      await self.kill();
    },
  };
  return self;
}

function isUsage(message: unknown): message is Usage {
  return typeof message === "object" && message !== null && "cpuMicros" in message;
}
