import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { currentRequestId } from "#rpc";

export type { Logger };

/**
 * The log of a process: JSON lines, on standard output if nothing else is said; secrets cut out.
 * Lines that are written for a request carry its id.
 */
export function createLogger(
  service: string,
  level: string,
  destination?: DestinationStream,
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
  return destination ? pino(options, destination) : pino(options);
}
