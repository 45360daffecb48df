import { AppError } from "#contract/errors.ts";

/** Codes of the system for a connection that can't be had or was cut. */
const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/**
 * SQLSTATEs after which the same call may succeed later: connection (08), resources (53),
 * shutdown and cancelled statements (57), lost races for locks (40, 55P03), a server that
 * only reads (25006) or cut an idle transaction (25P03), input and output (58).
 */
const sqlStates = /^(08|53|57|40|58)|^(55P03|25006|25P03)$/;

/** What pg and its pool say without a code. */
const messages =
  /timeout exceeded when trying to connect|Connection terminated|not queryable|Query read timeout|connection is (closed|insecure)|Cannot use a pool after/i;

/** Whether an error says that the database is gone, full or too slow, and nothing of the call. */
export function isDatabaseLost(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isDatabaseLost)) return true;
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (systemCodes.has(code)) return true;
  return /^[0-9A-Z]{5}$/.test(code) ? sqlStates.test(code) : messages.test(error.message);
}

/** What pg says of a server without TLS, and of one that wants a password where there is none. */
const refusals = /does not support SSL|^SASL: /;
/** What Node says of a certificate that it doesn't trust, and of TLS that isn't understood. */
const tlsCodes = /CERT|^ERR_(SSL|TLS)|^UNABLE_TO_|SIGNATURE/;

/** Wrong user or password, no such database, no trust: waiting won't help. */
export function isDatabaseRefused(error: unknown): boolean {
  return databaseRefusal(error) !== undefined;
}

/** The same in the words of the server or the driver, in which no password is. */
export function databaseRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  const code = "code" in error ? String(error.code) : "";
  const isRefusal = /^(28|3D)/.test(code) || tlsCodes.test(code) || refusals.test(message);
  return isRefusal ? message : undefined;
}

/** The one place where a lost database becomes UNAVAILABLE; anything else stays what it is. */
export function translateDatabaseError(thrown: unknown): unknown {
  return isDatabaseLost(thrown) ? new AppError("UNAVAILABLE", { cause: thrown }) : thrown;
}
