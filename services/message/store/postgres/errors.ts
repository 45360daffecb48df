import { isUniqueViolation } from "#common/postgres.ts";
import { databaseRefusal, isDatabaseLost } from "#common/postgres-errors.ts";
import { AppError } from "#contract/errors.ts";

export { databaseRefusal as refusal };

/** What a failed statement means to the caller: trying again may help, or it is a fault of ours. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const isTemporary = isDatabaseLost(error) || isUniqueViolation(error);
  return new AppError(isTemporary ? "UNAVAILABLE" : "INTERNAL", { cause: error });
}
