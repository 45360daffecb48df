import { readdirSync, readFileSync } from "node:fs";
import type { Target } from "./target.ts";

/** The postmaster and all of its children: the server hangs as a whole. */
export function signalPostgres({ postgresPid }: Target, signal: NodeJS.Signals): void {
  const postmaster = postgresPid();
  const pids = signal === "SIGKILL" ? [postmaster] : [postmaster, ...childrenOf(postmaster)];
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // A connection's process may have ended meanwhile.
    }
  }
}

/** Linux only, as the whole script: processes whose parent is `pid`. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}
