import { isMessage } from "@bufbuild/protobuf";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { AppError, toAppError } from "#contract/errors.ts";
import { replaceReason } from "#contract/failures.ts";
import { validate } from "#contract/validate.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { bearerToken } from "../http/bearer-token.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import {
  type Caller,
  callerKey,
  clientAddressHeader,
  clientDeviceHeader,
  clientKey,
} from "./caller.ts";
import { toConnectError } from "./errors.ts";

/** Verifies what a caller presents; each method answers the caller or throws. */
export interface Authenticator {
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
  user: (token: string, signal: AbortSignal) => Promise<Caller & { kind: "user" }>;
  /** Answers undefined for anything but a valid service token. */
  service: (token: string) => Promise<(Caller & { kind: "service" }) | undefined>;
}

/**
 * Turns what handlers throw into what callers see, and counts calls. The outermost.
 * @param translate names the errors of what the service stands on, such as a lost database
 */
export function reportErrors(
  log: Logger,
  metrics: Metrics,
  translate: (thrown: unknown) => unknown = (thrown) => thrown,
): Interceptor {
  const duration = metrics.histogram("rpc_seconds", "Duration of RPC calls", ["method", "code"]);
  return (next) => async (req) => {
    const startedAt = performance.now();
    const done = (code: string) =>
      duration.observe({ method: req.method.name, code }, (performance.now() - startedAt) / 1000);
    try {
      const res = await next(req);
      done("OK");
      return res;
    } catch (thrown) {
      // Connect's own: a malformed body, a deadline, an unknown method.
      if (thrown instanceof ConnectError) {
        done("CONNECT");
        throw thrown;
      }
      const error = replaceReason(req.method, toAppError(translate(thrown)));
      done(error.code);
      if (error.code === "INTERNAL") {
        log.error({ err: error.cause, method: req.method.name }, "a call failed");
      }
      throw toConnectError(error);
    }
  };
}

/** Lets a call pass to whom the contract gives the method. */
export function authorize(authenticator: Authenticator): Interceptor {
  return (next) => async (req) => {
    const token = bearerToken(req.header.get("authorization"));
    const needed = accessOf(req.method);
    if (needed === Access.USER) {
      if (!token) throw new AppError("UNAUTHENTICATED");
      req.contextValues.set(callerKey, await authenticator.user(token, req.signal));
    } else if (token) {
      const service = await authenticator.service(token);
      if (service) {
        req.contextValues.set(callerKey, service);
        const address = req.header.get(clientAddressHeader);
        const device = req.header.get(clientDeviceHeader) ?? undefined;
        if (address) req.contextValues.set(clientKey, { address, device });
      }
    }
    if (needed === Access.SERVICE && req.contextValues.get(callerKey).kind !== "service") {
      throw new AppError(token ? "FORBIDDEN" : "UNAUTHENTICATED");
    }
    return next(req);
  };
}

/** Holds requests against the contract before a handler sees them. */
export const validateRequests: Interceptor = (next) => async (req) => {
  if (!req.stream && isMessage(req.message, req.method.input)) {
    validate(req.method.input, req.message);
  }
  return next(req);
};
