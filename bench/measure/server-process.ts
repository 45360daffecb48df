import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** A server under test, in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it listens, as it told when it was ready. */
  urls: string[];
  usage: (afterGc?: boolean) => Promise<Usage>;
}

/** What a process has used since it began: CPU time in microseconds, memory in bytes. */
export interface Usage {
  /** User and system time. */
  cpuMicros: number;
  rss: number;
  /** V8's heap, and what it holds outside. */
  heap: number;
}

const readyMessage = z.object({ type: z.literal("ready"), urls: z.array(z.string()) });
const usageMessage = z.object({
  type: z.literal("usage"),
  cpuMicros: z.number(),
  rss: z.number(),
  heap: z.number(),
});
const preload = new URL("./report-usage.ts", import.meta.url).href;

/** @param entry a file URL: a program that sends `{type: "ready", urls}` to its parent */
export async function startServer(
  entry: URL,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const profile = process.env.BENCH_CPU_PROF;
  const child = fork(fileURLToPath(entry), {
    execArgv: [
      "--import",
      preload,
      "--expose-gc",
      ...(profile ? ["--cpu-prof", `--cpu-prof-dir=${profile}`] : []),
    ],
    env: { ...process.env, ...env },
  });
  const { urls } = await answer(child, readyMessage);
  return {
    urls,
    async usage(afterGc = false) {
      const usage = answer(child, usageMessage);
      child.send(afterGc ? "usage after gc" : "usage");
      return usage;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    },
  };
}

/** The child's next message of a kind; rejects if it ends before. */
function answer<T>(child: ChildProcess, schema: z.ZodType<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      const read = schema.safeParse(message);
      if (!read.success) return;
      end();
      resolve(read.data);
    };
    const onExit = (code: number | null) => {
      end();
      reject(new Error(`the server under test ended (${code})`));
    };
    const end = () => {
      child.off("message", onMessage);
      child.off("exit", onExit);
    };
    child.on("message", onMessage);
    child.on("exit", onExit);
  });
}
