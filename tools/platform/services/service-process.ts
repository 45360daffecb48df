import { type ChildProcess, spawn } from "node:child_process";
import { budgets } from "#common/budgets.ts";
import { StartError } from "#common/lifecycle.ts";
import { type Output, onLines } from "../terminal.ts";

const holdMs = 3_000;

export interface ServiceSpec {
  name: string;
  entry: string;
  /** The setting that opens its store; without it the service gets no such setting. */
  store?: "DATABASE_URL" | "MONGODB_URI" | undefined;
  /** Folders whose changes restart it, when watching. */
  watch?: readonly string[];
  /** Further flags for Node. */
  execArgv?: readonly string[];
}

export interface ServiceProcess {
  /** Resolves with its addresses; rejects with StartError if it ends before. */
  ready: Promise<readonly string[]>;
  /** Resolves when it has ended and its last line is out, with the reason. */
  ended: Promise<string>;
  stop: () => Promise<void>;
  kill: () => void;
  child: ChildProcess;
}

/** Half of what V8 takes for short-lived objects: less costs a busy service a tenth more CPU. */
const nodeFlags = ["--max-semi-space-size=8"];

/** One run of a service. It ends when its channel to the supervisor breaks, so that none is left behind. */
export function launchService(
  { name, entry, execArgv = [] }: ServiceSpec,
  env: NodeJS.ProcessEnv,
  output: Output,
): ServiceProcess {
  // In a process group of its own Ctrl-C doesn't reach it, so that the order of the stop holds.
  const child = spawn(process.execPath, [...nodeFlags, ...execArgv, entry], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const errors = holdLines((line) => output.warnFrom(name, line));
  if (child.stdout) onLines(child.stdout, (line) => output.from(name, line));
  if (child.stderr) onLines(child.stderr, errors.take);

  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
    child.on("close", (code, by) => resolve(by ?? `exit code ${code}`));
  });
  const ready = new Promise<readonly string[]>((resolve, reject) => {
    child.on("message", (message) => {
      if (!isReady(message)) return;
      errors.release();
      resolve(message.urls);
    });
    ended.then((reason) => {
      const [only, ...more] = errors.held();
      if (only !== undefined && more.length === 0)
        return reject(new StartError(`${name}: ${only}`));
      errors.release();
      reject(new StartError(`${name} ended before it was ready (${reason}), see above`));
    });
  });
  ready.catch(() => {});

  const stop = async () => {
    const kill = setTimeout(() => child.kill("SIGKILL"), budgets.drain.supervisor);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(kill);
  };
  return { ready, ended, stop, kill: () => child.kill("SIGKILL"), child };
}

/** Keeps the first lines back: of a service that can't start, its one line alone is printed. */
function holdLines(print: (line: string) => void) {
  let lines: string[] | undefined = [];
  const release = () => {
    clearTimeout(holding);
    for (const line of lines ?? []) print(line);
    lines = undefined;
  };
  const holding = setTimeout(release, holdMs);
  return {
    take: (line: string) => (lines === undefined ? print(line) : lines.push(line)),
    held: () => {
      clearTimeout(holding);
      return lines ?? [];
    },
    release,
  };
}

function isReady(message: unknown): message is { urls: readonly string[] } {
  if (typeof message !== "object" || message === null) return false;
  if (!("type" in message) || message.type !== "ready" || !("urls" in message)) return false;
  return Array.isArray(message.urls) && message.urls.every((url) => typeof url === "string");
}

/**
 * What a service finds in its environment: of the keys to the stores only that to its own.
 * @param embeddedUrl the service's DATABASE_URL where the server is the embedded one
 */
export function envFor(
  { store }: ServiceSpec,
  env: NodeJS.ProcessEnv,
  embeddedUrl?: string,
): NodeJS.ProcessEnv {
  const { DATABASE_URL = "", MONGODB_URI = "", ...rest } = env;
  if (embeddedUrl) return { ...rest, DATABASE_URL: embeddedUrl };
  if (store === undefined) return rest;
  return { ...rest, ...(store === "DATABASE_URL" ? { DATABASE_URL } : { MONGODB_URI }) };
}
