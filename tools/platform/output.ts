import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What the person at the terminal sees: our own lines, and those of the services by name. */
export type Output = Readonly<{
  say: (line: string) => void;
  warn: (line: string) => void;
  from: (name: string, line: string) => void;
  warnFrom: (name: string, line: string) => void;
}>;

export function createOutput(stdout: Writable, stderr: Writable): Output {
  // A closed terminal or pipe must not keep the services from being stopped in order.
  stdout.on("error", () => {});
  stderr.on("error", () => {});
  return {
    say: (line) => stdout.write(`${line}\n`),
    warn: (line) => stderr.write(`${line}\n`),
    from: (name, line) => stdout.write(`${column(name)}| ${line}\n`),
    warnFrom: (name, line) => stderr.write(`${column(name)}| ${line}\n`),
  };
}

export function column(name: string): string {
  return name.padEnd(9);
}

export function onLines(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
}
