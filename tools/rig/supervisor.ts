import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Env } from "#common/settings.ts";
import { ROOT } from "#contract/root.ts";
import { findFreePorts } from "./ports.ts";

/** `npm start` as a process of its own. */
export interface Supervisor extends AsyncDisposable {
  gatewayUrl: string;
  messageUrl: string;
  /** What it has printed, line by line. */
  printed: () => string;
}

/** Ports of its own for each service and the embedded server. */
export async function freePortSettings(): Promise<Record<string, string>> {
  const names = [
    "API_GATEWAY_PORT",
    "MESSAGE_SERVICE_HTTP_PORT",
    "MESSAGE_SERVICE_GRPC_PORT",
    "AUTH_SERVICE_HTTP_PORT",
    "AUTH_SERVICE_GRPC_PORT",
    "POSTGRES_PORT",
    "WEB_CLIENT_PORT",
  ];
  const ports = await findFreePorts(names.length);
  return Object.fromEntries(names.map((name, i) => [name, `${ports[i]}`]));
}

/**
 * Starts the whole platform with this environment and nothing else; resolves when it is ready.
 * @throws Error with what it printed where it ends before
 */
export async function startSupervisor(env: Env): Promise<Supervisor> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const settings: Env = { PATH, NODE_COMPILE_CACHE, ...(await freePortSettings()), ...env };
  const child = spawn(process.execPath, [join(ROOT, "tools/platform/main.ts")], {
    env: settings,
    detached: true,
  });
  const ended = once(child, "close");
  let printed = "";
  const ready = new Promise<void>((resolve, reject) => {
    const take = (text: string) => {
      printed += text;
      if (printed.includes("Aetherconnect is ready")) resolve();
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("close", () => reject(new Error(printed)));
  });
  const stack = new AsyncDisposableStack();
  stack.defer(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await ready;
  return {
    gatewayUrl: `http://localhost:${settings.API_GATEWAY_PORT}`,
    messageUrl: `http://localhost:${settings.MESSAGE_SERVICE_HTTP_PORT}`,
    printed: () => printed,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
