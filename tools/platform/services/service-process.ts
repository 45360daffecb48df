import { spawn } from "node:child_process";
import { StartError } from "#common/lifecycle.ts";
import { type Output, onLines } from "../output.ts";

const GRACE_MS = 10_000;
const HOLD_MS = 3_000;

export type ServiceSpec = Readonly<{
  name: string;
  entry: string;
  /** The setting that opens its store; without it the service gets no such setting. */
  store?: "DATABASE_URL" | "MONGODB_URI" | undefined;
  /** Folders whose changes restart it, when watching. */
  watch?: readonly string[];
}>;

export type ServiceProcess = Readonly<{
  /** Resolves with its addresses; rejects with StartError if it ends before. */
  ready: Promise<readonly string[]>;
  /** Resolves when it has ended and its last line is out, with the reason. */
  ended: Promise<string>;
  stop: () => Promise<void>;
  kill: () => void;
}>;

/** One run of a service. It ends by itself when the channel to us breaks, so we leave no orphan. */
export function launchService(
  { name, entry }: ServiceSpec,
  env: NodeJS.ProcessEnv,
  output: Output,
): ServiceProcess {
  // A process group of its own, so that Ctrl-C reaches us alone and the order of the stop holds.
  const child = spawn(process.execPath, [entry], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const complaints = holdLines((line) => output.warnFrom(name, line));
  if (child.stdout) onLines(child.stdout, (line) => output.from(name, line));
  if (child.stderr) onLines(child.stderr, complaints.take);

  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
    child.on("close", (code, by) => resolve(by ?? `exit code ${code}`));
  });
  const ready = new Promise<readonly string[]>((resolve, reject) => {
    child.on("message", (message) => {
      if (!isReady(message)) return;
      complaints.release();
      resolve(message.urls);
    });
    ended.then((reason) => {
      const [only, ...more] = complaints.held();
      if (only !== undefined && more.length === 0)
        return reject(new StartError(`${name}: ${only}`));
      complaints.release();
      reject(new StartError(`${name} ended before it was ready (${reason}), see above`));
    });
  });
  ready.catch(() => {});

  const stop = async () => {
    const brutal = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(brutal);
  };
  return { ready, ended, stop, kill: () => child.kill("SIGKILL") };
}

/** Keeps the first lines back, so that a service that can't start ends us with its one line. */
function holdLines(print: (line: string) => void) {
  let lines: string[] | undefined = [];
  const release = () => {
    clearTimeout(patience);
    for (const line of lines ?? []) print(line);
    lines = undefined;
  };
  const patience = setTimeout(release, HOLD_MS);
  return {
    take: (line: string) => (lines === undefined ? print(line) : lines.push(line)),
    held: () => {
      clearTimeout(patience);
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
