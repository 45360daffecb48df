import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The clock of a service, which can be set while the service runs. */
export interface Clock {
  /** What the service must be started with. */
  settings: NodeJS.ProcessEnv;
  /** Seconds ahead of ours; negative: behind. */
  set: (seconds: number) => void;
}

/** Undefined where there is no libfaketime (Debian: `faketime`). */
export function createClock(directory: string): Clock | undefined {
  const [library] = globSync("/usr/{lib,lib64,local/lib}{,/*}/faketime/libfaketime.so.1");
  if (library === undefined) return undefined;
  const file = join(directory, "clock");
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
  set(0);
  return {
    set,
    settings: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Seconds after which it looks into the file again.
      FAKETIME_CACHE_DURATION: "1",
      // As where somebody sets a clock: what measures how long something takes isn't touched.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
  };
}
