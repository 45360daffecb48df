import { Error as MongooseErrors, mongo } from "mongoose";
import { AppError } from "#contract/errors.ts";

/** MongoDB's code for a broken unique index. */
const duplicateKey = 11_000;
/** What was asked can't be done, however often it is asked: bad values, too large, forbidden. */
const hopeless = new Set([2, 9, 13, 14, 18, 22, 72, 121, 10_334, 17_280]);

export function isConflict(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === duplicateKey;
}

/** Wrong user or password, no right to the database, a bad URI: waiting won't help. */
export function isRefused(error: unknown): boolean {
  return refusal(error) !== undefined;
}

/** The same in words. What the driver says of a URI may hold the password. */
export function refusal(error: unknown): string | undefined {
  if (error instanceof mongo.MongoParseError) return "its driver can't use that URI";
  if (!(error instanceof mongo.MongoServerError)) return undefined;
  return error.code === 13 || error.code === 18 ? error.message : undefined;
}

/** Whether it isn't known what the server did, or whether it got to do anything. */
export function isUncertain(error: unknown): boolean {
  if (error instanceof MongooseErrors.MongooseServerSelectionError) return true;
  // A name that can't be looked up: mongodb+srv asks for it before there is any connection.
  if (error instanceof Error && "syscall" in error) return true;
  if (!(error instanceof mongo.MongoError)) return false;
  return !(error instanceof mongo.MongoServerError && hopeless.has(Number(error.code)));
}

/** What a failure means to the caller: trying again may help, or it is a fault of ours. */
export function toStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(isUncertain(error) ? "UNAVAILABLE" : "INTERNAL", { cause: error });
}
