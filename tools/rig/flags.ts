import { type ParseArgsConfig, parseArgs } from "node:util";

/** Reads a tool's flags and arguments; where they can't be used, says why and ends with 2. */
export function readFlags<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}; see --help\n`);
    process.exit(2);
  }
}
