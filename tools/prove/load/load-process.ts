import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, LoadConfig, LoadCounts, LoadLog, Status } from "./protocol.ts";

/** The clients, in a process of their own. */
export interface Load {
  /** Registers and connects everybody; resolves when all are joined and sending has begun. */
  start: (config: LoadConfig) => Promise<void>;
  status: () => Status | undefined;
  counts: () => Promise<LoadCounts>;
  /** Milliseconds from now until all is whole again; undefined if it isn't within the limit. */
  untilWhole: (limitMs: number) => Promise<number | undefined>;
  /** Nothing new is begun. */
  stop: () => Promise<void>;
  /** Resolves when nothing has come to any client for a while. */
  settle: (leastMs: number) => Promise<void>;
  finish: (file: string) => Promise<LoadLog>;
  kill: () => void;
}

type Order = Command extends infer C ? (C extends Command ? Omit<C, "n"> : never) : never;

const startLimitMs = 60_000;
const commandLimitMs = 30_000;
const settleLimitMs = 90_000;
const finishLimitMs = 300_000;

export function startLoad(logFile: string): Load {
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  let status: Status | undefined;
  let hasEnded = false;
  let commands = 0;
  const waiters: (() => void)[] = [];
  const wake = () => {
    for (const waiter of waiters.splice(0)) waiter();
  };
  child.on("message", (next: Status) => {
    status = next;
    wake();
  });
  child.on("exit", () => {
    hasEnded = true;
    wake();
  });

  /** False if it is not so within the limit. @throws Error if the clients fail */
  const until = async (isSo: (status: Status) => boolean, limitMs: number) => {
    const giveUpAt = performance.now() + limitMs;
    for (;;) {
      if (status && isSo(status)) return true;
      if (status?.failure) throw new Error(`the clients failed: ${status.failure}`);
      if (hasEnded) throw new Error(`the clients' process ended, see ${logFile}`);
      if (performance.now() > giveUpAt) return false;
      await new Promise<void>((resolve) => waiters.push(resolve));
    }
  };
  const command = (order: Order) => {
    if (!child.connected) throw new Error(`the clients' process ended, see ${logFile}`);
    const n = ++commands;
    child.send({ ...order, n });
    return n;
  };
  const done = async (order: Order, limitMs = commandLimitMs) => {
    const n = command(order);
    if (!(await until((it) => it.seen >= n, limitMs))) {
      throw new Error(`the clients did not ${order.type} within ${limitMs} ms, see ${logFile}`);
    }
  };

  return {
    start: (config) => done({ type: "start", config }, startLimitMs),
    status: () => status,
    async counts() {
      await done({ type: "report" });
      if (!status) throw new Error("no status");
      return status.counts;
    },
    async untilWhole(limitMs) {
      const n = command({ type: "mark" });
      await until((it) => it.whole[n] !== undefined, limitMs);
      return status?.whole[n];
    },
    stop: () => done({ type: "stop" }),
    settle: (leastMs) => done({ type: "settle", leastMs }, settleLimitMs),
    async finish(file) {
      await done({ type: "finish", file }, finishLimitMs);
      child.disconnect();
      const logs: LoadLog = JSON.parse(readFileSync(file, "utf8"));
      return logs;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
