import { isMessage } from "@bufbuild/protobuf";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { AppError, toAppError } from "#contract/errors.ts";
import { failuresOf, replaceReason } from "#contract/failures.ts";
import { validate } from "#contract/validate.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { followStream, Health } from "#rpc";
import { bearerToken } from "../http/headers.ts";
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
 * Turns what handlers throw into what callers see; logs and counts calls. The outermost.
 * @param translate names the errors of what the service stands on, such as a lost database
 */
export function reportErrors(
  log: Logger,
  metrics: Metrics,
  translate: (thrown: unknown) => unknown = (thrown) => thrown,
): Interceptor {
  const duration = metrics.histogram("rpc_seconds", "Duration of RPC calls", ["method", "code"]);
  return (next) => async (req) => {
    const method = req.method.name;
    const startedAt = performance.now();
    const done = (code: string) => {
      const ms = performance.now() - startedAt;
      duration.observe({ method, code }, ms / 1000);
      const isProbe = req.service.typeName === Health.typeName;
      log[isProbe ? "debug" : "info"]({ method, code, ms: Math.round(ms) }, "call");
    };
    const fail = (thrown: unknown) => {
      // Connect's own: a malformed body, a deadline, an unknown method.
      if (thrown instanceof ConnectError) {
        done("CONNECT");
        return thrown;
      }
      const error = replaceReason(req.method, toAppError(translate(thrown)));
      const { code } = error;
      done(code);
      if (code === "INTERNAL") log.error({ err: error.cause, method }, "a call failed");
      if (!failuresOf(req.method).has(code)) log.error({ method, code }, "undeclared failure");
      return toConnectError(error);
    };
    try {
      const res = await next(req);
      if (res.stream) {
        const message = followStream(res.message, { onEnd: () => done("OK"), onError: fail });
        return { ...res, message };
      }
      done("OK");
      return res;
    } catch (thrown) {
      throw fail(thrown);
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
