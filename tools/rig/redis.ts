import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { findFreePort } from "./ports.ts";

/** Why there is no Redis on this machine; false if there is. */
export const withoutRedis: string | false =
  spawnSync("redis-server", ["--version"]).status === 0 ? false : "redis-server is not installed";

/** A Redis server of our own that can be killed and paused. */
export interface RedisServer extends AsyncDisposable {
  url: string;
  start: () => Promise<void>;
  /** kill -9 */
  stop: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  /** Connections of others; undefined if it doesn't answer. */
  clients: () => Promise<number | undefined>;
}

const startLimitMs = 10_000;

/** @param logFile where it writes what it says; nowhere if not given */
export async function startRedis(logFile?: string): Promise<RedisServer> {
  const port = await findFreePort();
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  let child: ChildProcess | undefined;

  const clients = async () => {
    const count = /connected_clients:(\d+)/.exec(await ask(port, "INFO clients\r\n"))?.[1];
    return count === undefined ? undefined : Number(count) - 1;
  };
  const stop = async () => {
    if (!child) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    child = undefined;
    await ended;
  };
  const start = async () => {
    const log = logFile === undefined ? "ignore" : openSync(logFile, "a");
    child = spawn("redis-server", [...options, "--dir", "/tmp"], {
      // Ctrl-C is ours to pass on.
      detached: true,
      stdio: ["ignore", log, log],
    });
    const giveUpAt = performance.now() + startLimitMs;
    while ((await clients()) === undefined) {
      if (performance.now() > giveUpAt) throw new Error("Redis doesn't start");
      await pause(10);
    }
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    clients,
    start,
    stop,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    [Symbol.asyncDispose]: stop,
  };
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
