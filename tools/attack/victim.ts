import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ROOT } from "#contract/root.ts";

export type VictimName = "auth" | "message" | "gateway";

export interface VictimOptions {
  name: VictimName;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** It ended though nobody ended it. */
  onUnexpectedEnd: (name: string, reason: string) => void;
}

/** A service in a process of its own, to be attacked, paused and killed. */
export interface Victim {
  name: VictimName;
  /** @param settings besides its own; those of the last start if not given */
  start: (settings?: NodeJS.ProcessEnv) => Promise<void>;
  /** Starts it anew, unless it runs with just these settings besides its own. */
  runWith: (settings: NodeJS.ProcessEnv) => Promise<void>;
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** Bytes in use after its garbage is gone; NaN if it has ended. */
  memory: () => Promise<number>;
  /** Bytes of the machine that it holds now, garbage and all; 0 if it has ended. */
  resident: () => number;
}

export function createVictim({ name, env, logFile, onUnexpectedEnd }: VictimOptions): Victim {
  let child: ChildProcess | undefined;
  let isWanted = false;
  let settings: NodeJS.ProcessEnv = {};
  const lastWords = () => readFileSync(logFile, "utf8").slice(-1_500);
  const self: Victim = {
    name,
    async runWith(newSettings) {
      if (isDeepStrictEqual(newSettings, settings)) return;
      await self.kill();
      await self.start(newSettings);
    },
    async start(newSettings = settings) {
      settings = newSettings;
      const log = openSync(logFile, "a");
      const hook = join(ROOT, "tools/attack/gc-hook.ts");
      const started = spawn(
        process.execPath,
        ["--expose-gc", "--import", hook, join(ROOT, "services", name, "main.ts")],
        { env: { ...env, ...settings }, detached: true, stdio: ["ignore", log, log, "ipc"] },
      );
      child = started;
      isWanted = true;
      started.on("exit", (code, by) => {
        if (!isWanted || child !== started) return;
        onUnexpectedEnd(name, `${by ?? `exit code ${code}`}: ${lastWords()}`);
      });
      const ended = once(started, "exit").then(() => {
        throw new Error(`${name} ended before it was ready: ${lastWords()}`);
      });
      await Promise.race([once(started, "message"), ended]);
      ended.catch(() => undefined);
    },
    async kill() {
      isWanted = false;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    resident() {
      try {
        const status = readFileSync(`/proc/${child?.pid}/status`, "utf8");
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
      } catch {
        return 0;
      }
    },
    async memory() {
      if (!child?.connected) return Number.NaN;
      child.send("memory");
      const [answer]: unknown[] = await once(child, "message");
      const isAnswer = typeof answer === "object" && answer !== null && "bytes" in answer;
      return isAnswer ? Number(answer.bytes) : 0;
    },
  };
  return self;
}
