import { isUniqueViolation } from "#common/postgres.ts";
import { isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";
import { patienceMs, within } from "../patience.ts";

/** What a failed statement means to the caller: trying again may help, or it is a fault of ours. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const isTemporary = isDatabaseLost(error) || isUniqueViolation(error);
  return new AppError(isTemporary ? "UNAVAILABLE" : "INTERNAL", { cause: error });
}

/** Runs statements, for as long as a caller waits; their errors become the store's. */
export async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await within(patienceMs, run());
  } catch (error) {
    throw toStoreError(error);
  }
}
