import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { StartError } from "#common/lifecycle.ts";
import { ROOT } from "#contract/root.ts";
import { watchFolders } from "../services/watch.ts";
import { column, type Output, onLines } from "../terminal.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { serveWebClient, type WebClientAddress } from "./serve.ts";

export interface WebClientOptions {
  address: WebClientAddress;
  output: Output;
  /** Builds it anew when its files change. */
  isWatching: boolean;
  /** Ends a build. */
  signal: AbortSignal;
}

export interface WebClient extends AsyncDisposable {
  url: string;
}

const name = "web";
const sources = [join(ROOT, "clients/web"), join(ROOT, "clients/sdk/src")];

/**
 * Builds the web client where that is needed, and serves it from this process. Where it can't be,
 * that is said, and the platform goes without.
 */
export async function startWebClient(options: WebClientOptions): Promise<WebClient | undefined> {
  const { address, output, isWatching, signal } = options;
  const startedAt = performance.now();
  await using cleanup = new AsyncDisposableStack();
  try {
    const server = cleanup.use(await serveWebClient(await build(output, signal), address));
    const tookMs = Math.round(performance.now() - startedAt);
    output.say(`${column(name)}ready after ${tookMs} ms: ${server.url}`);
    if (isWatching) {
      // Beside one another the older build could be served last.
      const rebuild = oneAtATime(async () => {
        try {
          await server.serve(await build(output, signal));
          output.say(`${column(name)}built anew: reload the page`);
        } catch (error) {
          complain(error, output, signal);
        }
      });
      cleanup.use(watchFolders(sources, () => void rebuild()));
    }
    const held = cleanup.move();
    return { url: server.url, [Symbol.asyncDispose]: () => held.disposeAsync() };
  } catch (error) {
    complain(error, output, signal);
    return undefined;
  }
}

function complain(error: unknown, output: Output, signal: AbortSignal): void {
  if (!signal.aborted) output.warn(`${name}: ${error instanceof Error ? error.message : error}`);
}

/** Answers the folder of the build. @throws StartError */
async function build(output: Output, signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    signal,
  });
  let folder: string | undefined;
  child.on("message", (message) => {
    if (hasFolder(message)) folder = message.folder;
  });
  const errors: string[] = [];
  if (child.stdout) onLines(child.stdout, (line) => output.from(name, line));
  if (child.stderr) onLines(child.stderr, (line) => errors.push(line));
  await once(child, "close");
  if (folder === undefined) throw new StartError(errors.join("\n") || "the build ended");
  return folder;
}

function hasFolder(message: unknown): message is { folder: string } {
  return typeof message === "object" && message !== null && "folder" in message;
}
