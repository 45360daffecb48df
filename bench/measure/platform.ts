import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { newSecret, withoutLimits } from "#tools/rig/layout.ts";
import { freePortSettings } from "#tools/rig/supervisor.ts";
import { cpuOfTree } from "./process-tree.ts";

/** `npm start` with the settings of production, but no limits: supervisor, services, PostgreSQL. */
export interface Platform extends AsyncDisposable {
  gatewayUrl: string;
  /** CPU time so far in microseconds, by process. */
  cpu: () => Map<string, number>;
}

/** @param folder the checkout to start @throws Error with what it printed where it ends before */
export async function startPlatform(folder: string): Promise<Platform> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "aetherconnect-bench-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const ports = await freePortSettings();
  // A file takes the access log off its hands at once, as a pipe to the load wouldn't.
  const logFile = join(dataDir, "log");
  const log = openSync(logFile, "w");
  const child = spawn(process.execPath, ["tools/platform/main.ts"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...ports,
      ...withoutLimits,
      NODE_ENV: "production",
      SERVICE_SECRET: newSecret(),
      CLIENT_ORIGINS: "https://chat.example",
      DATA_DIR: dataDir,
    },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = once(child, "exit");
  // A run that fails leaves nothing behind.
  process.once("exit", () => child.kill());
  stack.defer(async () => {
    child.kill();
    await ended;
  });
  while (!readFileSync(logFile, "utf8").includes("Aetherconnect is ready")) {
    if (child.exitCode !== null) throw new Error(readFileSync(logFile, "utf8"));
    await pause(100);
  }
  const held = stack.move();
  return {
    gatewayUrl: `http://127.0.0.1:${ports.API_GATEWAY_PORT}`,
    cpu: () => cpuOfTree(child.pid ?? 0),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
