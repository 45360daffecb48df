import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../generate/root.ts";

export interface VictimOptions {
  name: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** It ended though nobody ended it. */
  onUnexpectedEnd: (name: string, reason: string) => void;
}

/** A service in a process of its own, to be attacked, paused and killed. */
export interface Victim {
  name: string;
  start: () => Promise<void>;
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** Bytes in use after its garbage is gone; NaN if it has ended. */
  memory: () => Promise<number>;
}

export function createVictim({ name, env, logFile, onUnexpectedEnd }: VictimOptions): Victim {
  let child: ChildProcess | undefined;
  let isWanted = false;
  return {
    name,
    async start() {
      const log = openSync(logFile, "a");
      const hook = join(ROOT, "scripts/attack/gc-hook.ts");
      const started = spawn(
        process.execPath,
        ["--expose-gc", "--import", hook, join(ROOT, "services", name, "main.ts")],
        { env, detached: true, stdio: ["ignore", log, log, "ipc"] },
      );
      child = started;
      isWanted = true;
      started.on("exit", (code, by) => {
        if (!isWanted || child !== started) return;
        const lastWords = readFileSync(logFile, "utf8").slice(-1_500);
        onUnexpectedEnd(name, `${by ?? `exit code ${code}`}: ${lastWords}`);
      });
      const ended = once(started, "exit").then(() => {
        throw new Error(`${name} ended before it was ready, see ${logFile}`);
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
    async memory() {
      if (!child?.connected) return Number.NaN;
      child.send("memory");
      const [answer]: unknown[] = await once(child, "message");
      const isAnswer = typeof answer === "object" && answer !== null && "bytes" in answer;
      return isAnswer ? Number(answer.bytes) : 0;
    },
  };
}
