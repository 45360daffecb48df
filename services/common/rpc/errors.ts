import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { AppError, codeOfReason, errorEntry } from "#contract/errors.ts";
import { ErrorDetailSchema, ErrorReason } from "#gen/aetherconnect/error/v1/error_pb.ts";

/** How an error leaves an RPC server: Connect's code, the text, and the typed detail. */
export function toConnectError(error: AppError): ConnectError {
  const code = codeFromString(errorEntry(error.origin).code) ?? Code.Unknown;
  const detail = create(ErrorDetailSchema, {
    reason: ErrorReason[error.code],
    violations: error.faults,
    retryAfterSeconds: error.retryAfterSeconds ?? 0,
  });
  const result = new ConnectError(error.message, code, undefined, undefined, error.cause);
  result.details.push({ desc: ErrorDetailSchema, value: detail });
  return result;
}

/**
 * What a failed call means to the caller. A server that is gone, restarts or takes too
 * long is UNAVAILABLE: nothing was judged. So is one that doesn't know the method: while an update
 * rolls it is of the version before.
 */
export function fromConnectError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const error = ConnectError.from(thrown);
  const [detail] = error.findDetails(ErrorDetailSchema);
  if (detail) {
    return new AppError(codeOfReason(detail.reason), {
      faults: detail.violations.map(({ path, message }) => ({ path, message })),
      retryAfterSeconds: detail.retryAfterSeconds || undefined,
      cause: error,
    });
  }
  const isLost = isGone(error.code) || isBroken(error);
  return new AppError(isLost ? "UNAVAILABLE" : "INTERNAL", { cause: error });
}

/** Whether node:http2 says that the stream or its session broke under the call. */
function isBroken({ message, cause }: ConnectError): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /NGHTTP2_|ERR_HTTP2_|GOAWAY|ENHANCE_YOUR_CALM/.test(`${message} ${code}`);
}

/** Codes of a server that isn't there for the call: killed in mid-call it is canceled (HTTP/2) or aborted. */
function isGone(code: Code): boolean {
  return (
    code === Code.Unavailable ||
    code === Code.Unimplemented ||
    code === Code.DeadlineExceeded ||
    code === Code.Canceled ||
    code === Code.Aborted
  );
}
