import { setTimeout as sleep } from "node:timers/promises";
import { column, type Output } from "../terminal.ts";
import { launchService, type ServiceProcess, type ServiceSpec } from "./service-process.ts";

const firstDelayMs = 250;
const longestDelayMs = 10_000;
const steadyMs = 10_000;

export interface ServiceContext {
  env: NodeJS.ProcessEnv;
  output: Output;
  /** Ends a start in progress; afterwards dispose is the way to stop. */
  signal: AbortSignal;
  force: AbortSignal;
}

export interface Service extends AsyncDisposable {
  urls: readonly string[];
  /** Stops it and starts it again, as its files have changed. */
  reload: (why: string) => void;
}

/** Starts a service and keeps it running; throws StartError if its first start fails. */
export async function startService(spec: ServiceSpec, context: ServiceContext): Promise<Service> {
  const { env, output, signal, force } = context;
  const { name } = spec;
  let isStopping = false;
  let isReloading = false;
  let delayMs = firstDelayMs;
  let wake = new AbortController();

  let { launchedAt, run } = launch();
  const onForce = () => run.kill();
  const onAbort = () => void run.stop();
  force.addEventListener("abort", onForce);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const urls = await run.ready;
    signal.throwIfAborted();
    announce("ready", urls);
    const keeping = keepRunning();
    return {
      urls,
      reload: (why) => {
        output.say(`${why}: ${name} is restarted`);
        isReloading = true;
        wake.abort();
        void run.stop();
      },
      [Symbol.asyncDispose]: async () => {
        isStopping = true;
        wake.abort();
        await run.stop();
        await keeping;
        force.removeEventListener("abort", onForce);
      },
    };
  } catch (error) {
    await run.stop();
    force.removeEventListener("abort", onForce);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }

  function launch(): { launchedAt: number; run: ServiceProcess } {
    return { launchedAt: performance.now(), run: launchService(spec, env, output) };
  }

  function announce(state: string, urls: readonly string[]): void {
    const tookMs = Math.round(performance.now() - launchedAt);
    output.say(`${column(name)}${state} after ${tookMs} ms: ${urls.join(", ")}`);
  }

  async function keepRunning(): Promise<void> {
    for (;;) {
      const reason = await run.ended;
      if (isStopping) return;
      wake = new AbortController();
      if (!isReloading) {
        if (performance.now() - launchedAt > steadyMs) delayMs = firstDelayMs;
        output.warn(`${name} ended unexpectedly (${reason}); next start in ${delayMs / 1000} s`);
        await sleep(delayMs, undefined, { signal: wake.signal }).catch(() => {});
        delayMs = Math.min(delayMs * 2, longestDelayMs);
        if (isStopping) return;
      }
      isReloading = false;
      ({ launchedAt, run } = launch());
      run.ready.then(
        (urls) => announce("ready again", urls),
        (error: Error) => {
          if (!isStopping && !isReloading) output.warn(error.message);
        },
      );
    }
  }
}
