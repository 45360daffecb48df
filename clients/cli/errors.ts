import { Code, ConnectError } from "@connectrpc/connect";
import { codeOfReason, type ErrorCode, type Fault } from "#contract/errors.ts";
import { ErrorDetailSchema } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { Failure } from "./failure.ts";

/** What to do about it, where there is more to say than the error itself says. */
const advice: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: "sign in: aether login",
  TOKEN_EXPIRED: "sign in: aether login",
  NOT_IN_ROOM: "become a member first: aether rooms join <room>",
  FORBIDDEN: "this user or service may not do it",
};

/** What a failed call means to who typed it. */
export function callFailure(thrown: unknown, url: string): unknown {
  if (thrown instanceof Failure) return thrown;
  const error = ConnectError.from(thrown);
  const [detail] = error.findDetails(ErrorDetailSchema);
  if (!detail) return foreignFailure(error, url);
  const code = codeOfReason(detail.reason);
  const { violations: faults, retryAfterSeconds } = detail;
  return new Failure(code === "UNAVAILABLE" ? "unreachable" : "refused", error.rawMessage, {
    code,
    faults: faults.map(({ path, message }): Fault => ({ path, message })),
    hint:
      retryAfterSeconds > 0 ? `try again in ${retryAfterSeconds} s` : (advice[code] ?? undefined),
  });
}

/** A failure that no service of ours has judged. */
function foreignFailure(error: ConnectError, url: string): Failure {
  if (error.code === Code.Unimplemented) {
    return new Failure("refused", `${url} doesn't know this method`, {
      hint: "its contract is another one than this tool's: aether doctor compares them",
    });
  }
  const { cause } = error;
  const why = cause instanceof Error && "code" in cause ? String(cause.code) : error.rawMessage;
  if (why === "ERR_HTTP2_ERROR") {
    return new Failure("unreachable", `${url} can't be reached by RPC: another program is there`, {
      hint: "RPC has ports of its own, 50001 and 50002: aether help profiles",
    });
  }
  return new Failure("unreachable", `${url} can't be reached (${why})`, {
    hint: "aether doctor says what is wrong with a platform, aether profiles where it is looked for",
  });
}
