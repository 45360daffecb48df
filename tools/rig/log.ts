import assert from "node:assert/strict";
import { createLogger, type Logger } from "#common/log.ts";

/**
 * A service's log at its most talkative. Disposing looks through it for every known secret, and
 * for failures that the contract doesn't declare.
 */
export interface TestLog extends Disposable {
  log: Logger;
  text: () => string;
}

const secrets = new Set<string>();
/** Shorter texts would be found by accident. */
const minLength = 12;

/** No log may ever hold this text. */
export function noteSecret(text: string): void {
  if (text.length >= minLength) secrets.add(text);
}

const secretFields = /password|token$|^secret$/i;

/** Notes the passwords and tokens in what was sent and what was answered. */
export function noteSecretsIn(sent: unknown, answered: unknown, setCookies: string[]): void {
  for (const body of [sent, answered]) {
    if (typeof body !== "object" || body === null) continue;
    for (const [name, value] of Object.entries(body)) {
      if (typeof value === "string" && secretFields.test(name)) noteSecret(value);
    }
  }
  for (const cookie of setCookies) noteSecret(/=([^;]*)/.exec(cookie)?.[1] ?? "");
}

export function createTestLog(service: string): TestLog {
  let text = "";
  const isShown = process.env.TEST_LOG_LEVEL !== undefined;
  const log = createLogger(service, "trace", {
    write(line) {
      text += line;
      if (isShown) process.stdout.write(line);
    },
  });
  return {
    log,
    text: () => text,
    [Symbol.dispose]() {
      const undeclared = text.split("\n").find((line) => line.includes('"undeclared failure"'));
      if (undeclared !== undefined) assert.fail(`${service}: ${undeclared}`);
      for (const secret of secrets) {
        assert.ok(!text.includes(secret), `the ${service} log holds a secret: ${secret}`);
        // As an error would show a JSON text within a JSON text.
        assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)), `${service}: ${secret}`);
      }
    },
  };
}
