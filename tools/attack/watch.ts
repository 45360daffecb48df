import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "#contract/root.ts";
import type { Target } from "./target.ts";

/** What a bystander saw. Milliseconds. */
export interface Seen {
  p99: number;
  max: number;
  count: number;
  failures: string[];
}

/** Asks the bystander what it has seen since the last question. */
export interface Bystander extends AsyncDisposable {
  report: () => Promise<Seen>;
}

export async function startBystander({ gateway, message }: Target): Promise<Bystander> {
  const child = fork(join(ROOT, "tools/attack/bystander.ts"), [gateway, message]);
  await once(child, "message");
  return {
    async report() {
      child.send("report");
      const [seen]: unknown[] = await once(child, "message");
      if (!isSeen(seen)) throw new Error("the bystander answered nonsense");
      return seen;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

function isSeen(value: unknown): value is Seen {
  return typeof value === "object" && value !== null && "p99" in value && "failures" in value;
}
