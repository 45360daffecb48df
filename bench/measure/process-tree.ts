import { readdirSync, readFileSync } from "node:fs";

/** The kernel's clock ticks a hundred times a second. */
const microsPerTick = 10_000;

/**
 * User and system time that a process and all below it have used so far, ended ones too, in
 * microseconds by what they run. Linux only.
 */
export function cpuOfTree(root: number): Map<string, number> {
  const children = new Map<number, number[]>();
  const micros = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? read(`${pid}/stat`) : "";
    if (!stat) continue;
    // The name of the program, in brackets, may hold spaces.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    const ticks = fields.slice(11, 15).reduce((sum, it) => sum + it, 0);
    micros.set(pid, ticks * microsPerTick);
  }
  const used = new Map<string, number>();
  const count = (pid: number) => {
    const part = partOf(read(`${pid}/cmdline`));
    used.set(part, (used.get(part) ?? 0) + (micros.get(pid) ?? 0));
    for (const child of children.get(pid) ?? []) count(child);
  };
  count(root);
  return used;
}

function partOf(command: string): string {
  const [, service] = /services\/(\w+)\/main\.ts/.exec(command) ?? [];
  return service ?? (command.includes("postgres") ? "PostgreSQL" : "supervisor");
}

/** Nothing of a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}
