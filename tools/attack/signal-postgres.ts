import { childrenOf } from "../rig/children.ts";
import type { Target } from "./target.ts";

/** The postmaster and all of its children: the server hangs as a whole. */
export function signalPostgres({ postgresPid }: Target, signal: NodeJS.Signals): void {
  const postmaster = postgresPid();
  const children = signal === "SIGKILL" ? [] : childrenOf(postmaster);
  for (const pid of [postmaster, ...children.map((it) => it.pid)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // A connection's process may have ended meanwhile.
    }
  }
}
