import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const fixtures = join(import.meta.dirname, "fixtures");

/** Runs fixtures/supervisor.ts as a process, with those fixtures as its services. */
export function spawnSupervisor(dataDir: string, services: readonly string[]) {
  const entries = services.map((name) => join(fixtures, `${name}.ts`));
  const child = spawn(process.execPath, [join(fixtures, "supervisor.ts"), dataDir, ...entries]);
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const closed = once(child, "close").then(([code]: unknown[]) => code);
  return {
    child,
    out,
    err,
    closed,
    up: async () => {
      const line = await out.line(/^up /);
      const { urls, postgresPid }: { urls: string[]; postgresPid: number } = JSON.parse(
        line.slice(3),
      );
      return { urls, postgresPid };
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await closed;
    },
  };
}

function collect(stream: Readable) {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  const wake = () => {
    for (const check of waiting) check();
  };
  createInterface({ input: stream })
    .on("line", (line) => {
      lines.push(line);
      wake();
    })
    .on("close", () => {
      isOver = true;
      wake();
    });
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const found = lines.find((it) => pattern.test(it));
        if (found === undefined && !isOver) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error(`no ${pattern} in:\n${lines.join("\n")}`));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  return { lines, line };
}

/** For what isn't our child, and so has no event to wait for. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`still not: ${isTrue}`);
    await sleep(20);
  }
}
