/**
 * Asks `/health/live` of the addresses given as arguments, over and over, in a process of its
 * own: who logs in by the dozen must not make the clock late. Answers any message with the times
 * of each, in milliseconds, and ends.
 */
import { Agent, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const pauseMs = 10;
const agent = new Agent({ keepAlive: true });
const urls = process.argv.slice(2);
const times: number[][] = urls.map(() => []);

for (const [i, url] of urls.entries()) void watch(`${url}/health/live`, times[i] ?? []);
process.on("message", () => process.send?.(times, () => process.exit(0)));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function watch(url: string, into: number[]): Promise<never> {
  for (;;) {
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      get(url, { agent }, (res) => res.resume().on("end", resolve)).on("error", () => resolve());
    });
    into.push(performance.now() - startedAt);
    await pause(pauseMs);
  }
}
