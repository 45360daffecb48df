import { AppError } from "#common/errors.ts";

/** Whether the server could not be reached, went away in the middle, or is starting. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return (
    // Connections: 08; too many of them: 53300; the server shuts down or starts: 57P01 to 57P03.
    /^(08|53300|57P0[123])/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code) ||
    // pg gives these no code.
    /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection timeout/i.test(
      error.message,
    )
  );
}

/** Wrong user or password, or no such database: waiting won't help. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(28|3D)/.test(String(error.code));
}

/** What a failed statement means to the caller: trying again may help, or it is a fault of ours. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // Cancelled by its time limit, by a lock that others hold, or by a deadlock; or no disk space.
  const isTemporary =
    isConnectionError(error) ||
    ["57014", "55P03", "40P01", "40001", "53100", "53200", "23505"].includes(String(code));
  return new AppError(isTemporary ? "UNAVAILABLE" : "INTERNAL", { cause: error });
}

/** Runs statements; their errors become the store's. */
export async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toStoreError(error);
  }
}
