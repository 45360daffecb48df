import { createContextValues } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { AppError } from "#contract/errors.ts";
import {
  createRpcServer,
  type Implementation,
  limitTime,
  type RpcServerOptions as ServerOptions,
} from "#rpc";
import { budgets } from "../budgets.ts";
import { listen } from "../lifecycle.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { clientKey } from "./caller.ts";
import { type Authenticator, authorize, reportErrors, validateRequests } from "./interceptors.ts";

export interface RpcServerOptions
  extends Pick<ServerOptions, "isReady" | "hasReflection" | "tracing"> {
  port: number;
  host: string;
  /** The setting to name where the port is taken. */
  portSetting: string;
  implementations: readonly Implementation[];
  authenticator: Authenticator;
  /** Names the errors of what the service stands on, such as a lost database. */
  translateError?: (thrown: unknown) => unknown;
  log: Logger;
  metrics: Metrics;
}

/** An RPC server that listens. */
export interface RpcServer {
  port: number;
  /** Lets calls under way finish, ends streams, closes. */
  close: () => Promise<void>;
}

/**
 * Serves our services, by the rules of the contract, on one clear-text port.
 * @throws Error where a method does not declare who may call it
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  for (const { service } of options.implementations) service.methods.forEach(accessOf);
  const { server, close } = createRpcServer({
    ...options,
    interceptors: [
      reportErrors(options.log, options.metrics, options.translateError),
      // A database that is stopped doesn't even keep its own time limits.
      limitTime(budgets.answer.unaryCall, () => new AppError("UNAVAILABLE")),
      authorize(options.authenticator),
      validateRequests,
    ],
    contextValues: (req) =>
      createContextValues().set(clientKey, {
        address: req.socket?.remoteAddress ?? "unknown",
        device: req.headers["user-agent"],
      }),
    maxTimeoutMs: budgets.answer.longestDeadline,
    graceMs: budgets.drain.calls,
    streamGraceMs: budgets.drain.streams,
  });
  const port = await listen(server, options.port, options.host, options.portSetting);
  return { port, close };
}
