import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";

export interface ServiceChildOptions {
  name: string;
  entry: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  /** It ended though nobody ended it; it is started again. */
  onUnexpectedEnd: (reason: string) => void;
}

/** A service as a process that can be killed, paused and started again. */
export interface ServiceChild {
  name: string;
  /** Starts it; resolves when it is ready. @throws Error if it ends before */
  start: () => Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** SIGTERM, as a deployment would; answers how it ended. */
  stop: () => Promise<string>;
}

const stopLimitMs = 12_000;
const restartMs = 250;

export function createServiceChild(options: ServiceChildOptions): ServiceChild {
  let child: ChildProcess | undefined;
  let ended = Promise.resolve("not started");
  let isWanted = false;

  const signal = (name: NodeJS.Signals) => {
    child?.kill(name);
  };
  const self: ServiceChild = {
    name: options.name,
    async start() {
      const log = openSync(options.logFile, "a");
      const started = spawn(process.execPath, [options.entry], {
        env: options.env,
        // Ctrl-C is ours to pass on.
        detached: true,
        stdio: ["ignore", log, log, "ipc"],
      });
      child = started;
      isWanted = true;
      ended = new Promise((resolve) => {
        started.on("error", (error) => resolve(error.message));
        started.on("exit", (code, by) => resolve(by ?? `exit code ${code}`));
      });
      let isReady = false;
      const ready = new Promise<void>((resolve) => started.on("message", () => resolve()));
      ended.then((reason) => {
        if (!isWanted || child !== started || !isReady) return;
        options.onUnexpectedEnd(reason);
        setTimeout(() => {
          if (isWanted && child === started) self.start().catch(() => undefined);
        }, restartMs);
      });
      await Promise.race([
        ready,
        ended.then((reason) => {
          throw new Error(
            `${options.name} ended before it was ready (${reason}), see ${options.logFile}`,
          );
        }),
      ]);
      isReady = true;
    },
    async kill() {
      isWanted = false;
      signal("SIGKILL");
      await ended;
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async stop() {
      isWanted = false;
      const brutal = setTimeout(() => signal("SIGKILL"), stopLimitMs);
      signal("SIGCONT");
      signal("SIGTERM");
      const reason = await ended;
      clearTimeout(brutal);
      return reason;
    },
  };
  return self;
}
