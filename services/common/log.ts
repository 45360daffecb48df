import { type Logger, pino, stdTimeFunctions } from "pino";

export type { Logger };

/** The log of a process: JSON lines on standard output, secrets cut out. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
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
  });
}
