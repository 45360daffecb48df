import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What is printed: the supervisor's own lines, and those of the services by name. */
export interface Output {
  say: (line: string) => void;
  warn: (line: string) => void;
  from: (name: string, line: string) => void;
  warnFrom: (name: string, line: string) => void;
}

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

/** Where to go and what to try; the name is new each time, so that the command always works. */
export function greeting(gatewayUrl: string, webUrl: string | undefined, tookMs: number): string {
  const base = asLocalhost(gatewayUrl);
  const username = `ada-${randomBytes(3).toString("hex")}`;
  const user = {
    username,
    email: `${username}@example.com`,
    password: "violet harbour sings",
    firstName: "Ada",
    lastName: "Lovelace",
  };
  return [
    `Aetherconnect is ready after ${(tookMs / 1000).toFixed(1)} s: ${base} (docs: ${base}/docs). ` +
      "Ctrl-C stops it. Try:",
    `  curl -i ${base}/api/auth/register -H 'content-type: application/json' ` +
      `-d '${JSON.stringify(user)}'`,
    ...(webUrl ? [`Chat in a browser: ${asLocalhost(webUrl)}`] : []),
  ].join("\n");
}

function asLocalhost(url: string): string {
  return url.replace(/\/\/(127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?=:|$)/, "//localhost");
}

/** npm passes on a Ctrl-C that the terminal has sent already: one key press, two signals. */
export const signalEchoMs = 500;

/** The first SIGINT, SIGTERM or SIGHUP aborts `stop`; a later one aborts `force`. */
export function listenForStop(say: (line: string) => void): {
  stop: AbortSignal;
  force: AbortSignal;
} {
  const stop = new AbortController();
  const force = new AbortController();
  let stoppedAt = 0;
  const onSignal = (name: string) => {
    if (!stop.signal.aborted) {
      stoppedAt = performance.now();
      say(`${name}: the services stop, then PostgreSQL (once more ends them at once)`);
      stop.abort();
    } else if (performance.now() - stoppedAt > signalEchoMs && !force.signal.aborted) {
      say(`${name}: everything is ended at once`);
      force.abort();
    }
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, onSignal);
  return { stop: stop.signal, force: force.signal };
}
