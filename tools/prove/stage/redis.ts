import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { findFreePort } from "./ports.ts";

/** A Redis server of our own that can be killed and paused. */
export interface RedisServer {
  url: string;
  start: () => Promise<void>;
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** Connections of others; undefined if it doesn't answer. */
  clients: () => Promise<number | undefined>;
}

const startLimitMs = 10_000;

/** Undefined if there is no redis-server on this machine. */
export async function findRedis(logFile: string): Promise<RedisServer | undefined> {
  if (!(await isInstalled())) return undefined;
  const port = await findFreePort();
  let child: ChildProcess | undefined;
  let ended = Promise.resolve();

  const clients = async () => {
    const info = await ask(port, "INFO clients\r\n");
    const count = /connected_clients:(\d+)/.exec(info)?.[1];
    return count === undefined ? undefined : Number(count) - 1;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    clients,
    async start() {
      const log = openSync(logFile, "a");
      const flags = [
        "--port",
        `${port}`,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
      ];
      const started = spawn("redis-server", flags, {
        detached: true,
        stdio: ["ignore", log, log],
      });
      child = started;
      ended = new Promise((resolve) => started.on("exit", () => resolve()));
      const giveUpAt = performance.now() + startLimitMs;
      while ((await clients()) === undefined) {
        if (performance.now() > giveUpAt) throw new Error(`Redis doesn't start, see ${logFile}`);
        await pause(20);
      }
    },
    async kill() {
      child?.kill("SIGKILL");
      await ended;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
  };
}

function isInstalled(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = spawn("redis-server", ["--version"], { stdio: "ignore" });
    probe.on("error", () => resolve(false));
    probe.on("exit", (code) => resolve(code === 0));
  });
}

/** One command over a connection of its own; "" if there is no answer. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("error", () => resolve(""));
    socket.on("close", () => resolve(""));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.write(command);
  });
}
