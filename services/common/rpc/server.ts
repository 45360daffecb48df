import { ConnectError } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { AppError, toAppError } from "#contract/errors.ts";
import { failuresOf, replaceReason } from "#contract/failures.ts";
import { validate } from "#contract/validate.ts";
import { encoderOf } from "#contract/wire/encoder.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { createRpcServer, Health, limitTime, type RpcServerOptions, type ServerRule } from "#rpc";
import { budgets } from "../budgets.ts";
import { bearerToken } from "../http/headers.ts";
import { listen } from "../lifecycle.ts";
import { type Logger, trustedLines } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import {
  type Caller,
  callerKey,
  clientAddressHeader,
  clientDeviceHeader,
  clientKey,
} from "./caller.ts";
import { toConnectError } from "./errors.ts";

export interface ServiceRpcOptions
  extends Pick<
    RpcServerOptions,
    "implementations" | "isReady" | "hasReflection" | "tracing" | "hasFastPath"
  > {
  port: number;
  host: string;
  /** The setting to name where the port is taken. */
  portSetting: string;
  authenticator: Authenticator;
  /** Names the errors of what the service stands on, such as a lost database. */
  translateError?: (thrown: unknown) => unknown;
  log: Logger;
  metrics: Metrics;
}

/** Verifies what a caller presents; each method answers the caller or throws. */
export interface Authenticator {
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
  user: (token: string) => Promise<Caller & { kind: "user" }>;
  /** Answers undefined for anything but a valid service token. */
  service: (token: string) => Promise<(Caller & { kind: "service" }) | undefined>;
}

/** The RPC of a service, which listens. */
export interface ServiceRpc {
  port: number;
  /** Lets calls under way finish, ends streams, closes. */
  close: () => Promise<void>;
}

/**
 * Serves our services, by the rules of the contract, on one clear-text port.
 * @throws Error where a method does not declare who may call it
 */
export async function startRpcServer(options: ServiceRpcOptions): Promise<ServiceRpc> {
  for (const { service } of options.implementations) service.methods.forEach(accessOf);
  const { server, close } = createRpcServer({
    ...options,
    rules: [
      reportCalls(options),
      // A database that is stopped doesn't even keep its own time limits.
      limitTime(budgets.answer.unaryCall, () => new AppError("UNAVAILABLE")),
      authorize(options.authenticator),
      validateRequests,
    ],
    encoderOf: (method) => encoderOf(method.output),
    maxTimeoutMs: budgets.answer.longestDeadline,
    graceMs: budgets.drain.calls,
    streamGraceMs: budgets.drain.streams,
  });
  const port = await listen(server, options.port, options.host, options.portSetting);
  return { port, close };
}

/** Turns what handlers throw into what callers see; logs and counts calls. */
function reportCalls({
  log,
  metrics,
  translateError = (thrown) => thrown,
}: Pick<ServiceRpcOptions, "log" | "metrics" | "translateError">): ServerRule {
  const duration = metrics.histogram("rpc_seconds", "Duration of RPC calls", ["method", "code"]);
  const lines = trustedLines(log);
  return async ({ method }, next) => {
    const { name } = method;
    const startedAt = performance.now();
    const done = (code: string) => {
      const ms = performance.now() - startedAt;
      duration.observe({ method: name, code }, ms / 1000);
      const isProbe = method.parent.typeName === Health.typeName;
      lines[isProbe ? "debug" : "info"]({ method: name, code, ms: Math.round(ms) }, "call");
    };
    try {
      const answer = await next();
      done("OK");
      return answer;
    } catch (thrown) {
      // Connect's own: a deadline, an unknown service of a health check.
      if (thrown instanceof ConnectError) {
        done("CONNECT");
        throw thrown;
      }
      const error = replaceReason(method, toAppError(translateError(thrown)));
      const { code } = error;
      done(code);
      if (code === "INTERNAL") log.error({ err: error.cause, method: name }, "a call failed");
      if (!failuresOf(method).has(code)) log.error({ method: name, code }, "undeclared failure");
      throw toConnectError(error);
    }
  };
}

/** Lets a call pass to whom the contract gives the method. */
function authorize(authenticator: Authenticator): ServerRule {
  return async (call, next) => {
    const { values, header } = call;
    values.set(clientKey, { address: call.address, device: header("user-agent") });
    const token = bearerToken(header("authorization"));
    const needed = accessOf(call.method);
    if (needed === Access.USER) {
      if (!token) throw new AppError("UNAUTHENTICATED");
      values.set(callerKey, await authenticator.user(token));
    } else if (token) {
      const service = await authenticator.service(token);
      if (service) {
        values.set(callerKey, service);
        const address = header(clientAddressHeader);
        if (address) values.set(clientKey, { address, device: header(clientDeviceHeader) });
      }
    }
    if (needed === Access.SERVICE && values.get(callerKey).kind !== "service") {
      throw new AppError(token ? "FORBIDDEN" : "UNAUTHENTICATED");
    }
    return next();
  };
}

/** Holds requests against the contract before a handler sees them. */
const validateRequests: ServerRule = async ({ method, message }, next) => {
  if (message) validate(method.input, message);
  return next();
};
