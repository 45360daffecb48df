import { execFileSync } from "node:child_process";

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): { pid: number; command: string }[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [])
    .filter(([, , parent]) => Number(parent) === pid)
    .map(([, child, , command = ""]) => ({ pid: Number(child), command }));
}
