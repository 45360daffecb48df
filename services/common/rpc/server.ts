import type { DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createContextValues,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { accessOf } from "#contract/access.ts";
import { budgets } from "../budgets.ts";
import { listen } from "../lifecycle.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { clientKey } from "./caller.ts";
import { answerUnimplemented } from "./fallback.ts";
import { addHealth } from "./health.ts";
import {
  type Authenticator,
  authorize,
  limitTime,
  reportErrors,
  validateRequests,
} from "./interceptors.ts";
import { createOnePortServer } from "./one-port.ts";
import { addReflection } from "./reflection.ts";

/** A service with the handlers of all its methods. */
export interface Implementation {
  service: DescService;
  addTo: (router: ConnectRouter) => void;
}

/** Pairs a service with its handlers; one that is missing doesn't compile. */
export function implement<S extends DescService>(
  service: S,
  handlers: ServiceImpl<S>,
): Implementation {
  return { service, addTo: (router) => router.service(service, handlers) };
}

export interface RpcServerOptions {
  port: number;
  host: string;
  /** The setting to name where the port is taken. */
  portSetting: string;
  implementations: Implementation[];
  authenticator: Authenticator;
  isReady: () => Promise<boolean>;
  /** Names the errors of what the service stands on, such as a lost database. */
  translateError?: (thrown: unknown) => unknown;
  hasReflection: boolean;
  log: Logger;
  metrics: Metrics;
}

/** An RPC server that listens. */
export interface RpcServer {
  port: number;
  /** Lets calls under way finish, ends streams, closes. */
  close: () => Promise<void>;
}

const kib = 1024;
/** Ends streams; calls under way hear it too, and finish all the same. */
const shuttingDown = new ConnectError("shutting down", Code.Unavailable);

/**
 * Serves Connect (HTTP/1.1 and HTTP/2), gRPC and gRPC-Web on one clear-text port.
 * @throws Error where a method does not declare who may call it
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const services = options.implementations.map((it) => it.service);
  for (const service of services) service.methods.forEach(accessOf);
  const shutdown = new AbortController();
  const handler = connectNodeAdapter({
    routes(router) {
      for (const { addTo } of options.implementations) addTo(router);
      addHealth(
        router,
        services.map((it) => it.typeName),
        options.isReady,
      );
      if (options.hasReflection) addReflection(router, services);
    },
    interceptors: [
      reportErrors(options.log, options.metrics, options.translateError),
      limitTime,
      authorize(options.authenticator),
      validateRequests,
    ],
    contextValues: (req) =>
      createContextValues().set(clientKey, {
        address: req.socket?.remoteAddress ?? "unknown",
        device: req.headers["user-agent"],
      }),
    fallback: answerUnimplemented,
    shutdownSignal: shutdown.signal,
    readMaxBytes: 256 * kib,
    writeMaxBytes: 4 * kib * kib,
    maxTimeoutMs: budgets.answer.longestDeadline,
    acceptCompression: [],
  });
  const { server, close } = createOnePortServer(handler);
  const port = await listen(server, options.port, options.host, options.portSetting);
  return {
    port,
    async close() {
      // The signal ends streams; unary handlers hear it too, so they get their time first.
      const closing = close(budgets.drain.calls);
      const timer = setTimeout(() => shutdown.abort(shuttingDown), budgets.drain.streams);
      await closing;
      clearTimeout(timer);
      shutdown.abort(shuttingDown);
    },
  };
}
