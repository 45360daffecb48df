import {
  type DestinationStream,
  destination,
  type Logger,
  pino,
  stdTimeFunctions,
  symbols,
} from "pino";
import { currentRequestId } from "#rpc";

export type { Logger };

/**
 * The log of a process: JSON lines, on standard output if nothing else is said; secrets cut out.
 * Lines that are written for a request carry its id.
 */
export function createLogger(
  service: string,
  level: string,
  output: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: [
        "password",
        "token",
        "authorization",
        "cookie",
        "*.password",
        "*.token",
        "*.authorization",
        "*.cookie",
      ],
      censor: "[secret]",
    },
  };
  return pino(options, output);
}

/**
 * For the line of each request, whose every value is ours: nothing is looked for to be cut out,
 * which would be most of its cost.
 */
export function trustedLines(log: Logger): Logger {
  return log.child({}, { redact: [] });
}

let opened: DestinationStream | undefined;

function standardOutput(): DestinationStream {
  opened ??= gatheredOutput();
  return opened;
}

/** Pino wants less than 16,384. */
const gatheredBytes = 8 * 1024;
/** Of lines that can't be written; those that come then are left out. */
const mostBytes = 1024 * 1024;
const gatheredMs = 200;
/** As pino numbers levels. */
const warn = 40;

/**
 * Gathers lines, as a write costs more than a line. From `warn` on a line is written at once, with
 * all before it; what is left is written when the process ends. `kill -9` takes the last 200 ms.
 */
function gatheredOutput(): DestinationStream {
  const lines = destination({ sync: true, minLength: gatheredBytes, maxLength: mostBytes });
  // A disk that is full takes no lines. Without a listener that would end the process.
  lines.on("error", () => undefined);
  let waiting: NodeJS.Timeout | undefined;
  // Not flushSync, which throws where nobody reads any more.
  const flush = () => {
    clearTimeout(waiting);
    waiting = undefined;
    lines.flush();
  };
  process.on("exit", flush);
  const output = {
    // So pino says the level of each line.
    [symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    write(line: string) {
      lines.write(line);
      if (output.lastLevel >= warn) flush();
      else waiting ??= setTimeout(flush, gatheredMs).unref();
    },
  };
  return output;
}
