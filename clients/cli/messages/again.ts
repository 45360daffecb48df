import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../failure.ts";

const delaysMs = [250, 1_000, 3_000];

/** Tries what may be repeated until the platform is there, or has been away for some seconds. */
export async function again<T>(call: () => Promise<T>): Promise<T> {
  for (const delayMs of delaysMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Failure && error.kind === "unreachable")) throw error;
      await sleep(delayMs);
    }
  }
  return call();
}
