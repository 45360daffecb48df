import { flushCompileCache } from "node:module";
import type { Server } from "node:net";
import { inspect } from "node:util";
import { budgets } from "./budgets.ts";

/** A service that runs. Disposing drains and closes it. */
export interface RunningService extends AsyncDisposable {
  /** Where it listens, for people: `http://127.0.0.1:3000`. */
  urls: string[];
}

/** A start that can't succeed. The message is one line that says what to do. */
export class StartError extends Error {
  override name = "StartError";
}

/**
 * Listens, and answers the port.
 * @throws StartError naming the setting where the port is taken or the address can't be had.
 */
export function listen(
  server: Server,
  port: number,
  host: string,
  setting: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `port ${port} is in use: end what uses it, or set ${setting} to another port`
          : error.code === "EACCES"
            ? `port ${port} may not be used by this user: set ${setting} to another port`
            : `can't listen on ${host}:${port} (${error.code}): check HOST and ${setting}`;
      reject(new StartError(reason, { cause: error }));
    };
    server.once("error", onError);
    server.listen({ port, host }, () => {
      server.off("error", onError);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

/** Where a service of this machine is reached, from the address it listens on. */
export function localUrl(host: string, portNumber: number): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${portNumber}`;
}

/**
 * Runs a service as a process: tells the parent when it is ready, and stops cleanly
 * with exit code 0 on SIGTERM, on SIGINT and when the parent is gone.
 */
export async function runMain(start: () => Promise<RunningService>): Promise<void> {
  let service: RunningService | undefined;
  let isStopping = false;
  const stop = async () => {
    // Before the service runs there is nothing to drain.
    if (!service) process.exit(0);
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), budgets.drain.process).unref();
    try {
      await service[Symbol.asyncDispose]();
    } catch (error) {
      process.stderr.write(`closing failed: ${inspect(error)}\n`);
    }
    process.exit(0);
  };
  // A bug, to be seen and mended; the requests of others must not suffer from it.
  process.on("unhandledRejection", (reason) => {
    process.stderr.write(`unhandled rejection: ${inspect(reason)}\n`);
  });
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("disconnect", stop);
  try {
    service = await start();
  } catch (error) {
    process.stderr.write(`${error instanceof StartError ? error.message : inspect(error)}\n`);
    process.exit(1);
  }
  // Both stop the process for a while, up to seconds on a busy machine: so before it is ready.
  // The cache is written now, so that a process that is killed leaves the next start one as well.
  flushCompileCache();
  // Else V8 keeps what the start leaves behind until the heap has grown as much again.
  globalThis.gc?.({ type: "major", flavor: "last-resort" });
  process.send?.({ type: "ready", urls: service.urls });
}
