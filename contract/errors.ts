import { getOption } from "@bufbuild/protobuf";
import {
  type ErrorEntry,
  ErrorReason,
  ErrorReasonSchema,
  entry,
} from "#gen/aetherconnect/error/v1/error_pb.ts";
import type { ErrorCode } from "#gen/socket-events.ts";

export type { ErrorCode };

/** A broken rule. `path` is in the names of the JSON form: `metadata`, `email`. */
export interface Fault {
  path: string;
  message: string;
}

/** What an `AppError` may say beside its code. */
export interface AppErrorDetails {
  faults?: Fault[];
  retryAfterSeconds?: number | undefined;
  /** For the log alone; never leaves the process. */
  cause?: unknown;
  /** The code whose RPC code is answered, where `reasons` of the contract put another in its place. */
  origin?: ErrorCode;
}

/** The one error that handlers throw; the edges turn it into what their callers see. */
export class AppError extends Error {
  override name = "AppError";
  readonly code: ErrorCode;
  readonly faults: Fault[];
  readonly retryAfterSeconds: number | undefined;
  readonly origin: ErrorCode;

  constructor(code: ErrorCode, details: AppErrorDetails = {}) {
    super(errorEntry(code).message, { cause: details.cause });
    this.code = code;
    this.faults = details.faults ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds ?? (isTemporary(code) ? 1 : undefined);
    this.origin = details.origin ?? code;
  }
}

/** A validation failure of one field. `path` is in the names of the JSON form. */
export function invalid(path: string, message: string): AppError {
  return new AppError("VALIDATION_FAILED", { faults: [{ path, message }] });
}

/** There are as many as there may be. `path` says of what: "pins". */
export function limitReached(path: string, most: number): AppError {
  return new AppError("LIMIT_REACHED", { faults: [{ path, message: `must be at most ${most}` }] });
}

/** What is answered for anything that was thrown; the unexpected becomes INTERNAL. */
export function toAppError(thrown: unknown): AppError {
  return thrown instanceof AppError ? thrown : new AppError("INTERNAL", { cause: thrown });
}

/** The catalogue's entry: HTTP status, RPC code and text. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  const found = catalogue.get(code);
  if (!found) throw new Error(`the contract has no reason ${code}`);
  return found;
}

/** The code of a reason that came over the wire; one that is newer than this build is INTERNAL. */
export function codeOfReason(reason: ErrorReason): ErrorCode {
  const name = ErrorReasonSchema.value[reason]?.localName;
  return name !== undefined && isErrorCode(name) ? name : "INTERNAL";
}

/** Every code, in the contract's order. */
export function allErrorCodes(): ErrorCode[] {
  return [...catalogue.keys()];
}

function isErrorCode(name: string): name is ErrorCode {
  return name in ErrorReason && name !== "UNSPECIFIED";
}

const catalogue = new Map<ErrorCode, ErrorEntry>(
  ErrorReasonSchema.values.flatMap((value) =>
    isErrorCode(value.localName) ? [[value.localName, getOption(value, entry)]] : [],
  ),
);

function isTemporary(code: ErrorCode): boolean {
  return code === "BUSY" || code === "UNAVAILABLE";
}
