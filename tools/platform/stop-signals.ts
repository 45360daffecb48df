// npm passes a Ctrl-C on that the terminal has sent us already: one key press, two signals.
export const ECHO_MS = 500;

/** The first SIGINT, SIGTERM or SIGHUP aborts `stop`; a later one aborts `force`. */
export function listenForStop(
  say: (line: string) => void,
): Readonly<{ stop: AbortSignal; force: AbortSignal }> {
  const stop = new AbortController();
  const force = new AbortController();
  let stoppedAt = 0;
  const onSignal = (name: string) => {
    if (!stop.signal.aborted) {
      stoppedAt = performance.now();
      say(`${name}: the services stop, then PostgreSQL (once more ends them at once)`);
      stop.abort();
    } else if (performance.now() - stoppedAt > ECHO_MS && !force.signal.aborted) {
      say(`${name}: everything is ended at once`);
      force.abort();
    }
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, onSignal);
  return { stop: stop.signal, force: force.signal };
}
