export interface PollingOptions {
  /** The pause before each time, milliseconds. */
  pauseMs: () => number;
  ask: () => Promise<unknown>;
  onFailure: (error: unknown) => void;
}

/** Asks again and again, whether it fails or not, until it is disposed of. */
export function startPolling({ pauseMs, ask, onFailure }: PollingOptions): Disposable {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(async () => {
      await ask().catch(onFailure);
      if (!isStopped) wait();
    }, pauseMs());
  };
  wait();
  return {
    [Symbol.dispose]() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
