import type { IncomingMessage, Server } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { compressions } from "./compression.ts";
import { answerUnimplemented } from "./fallback.ts";
import { Health } from "./gen/grpc/health/v1/health_pb.ts";
import { addHealth } from "./health.ts";
import { createOnePortServer } from "./one-port.ts";
import { addReflection } from "./reflection.ts";
import { requestIdFrom, requestIdHeader, withRequestId } from "./request-id.ts";
import type { Tracing } from "./tracing/open.ts";
import { traceServer } from "./tracing/rpc.ts";
import { acceptWebText } from "./web-text.ts";

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
  implementations: readonly Implementation[];
  /** What holds for every call, the outermost first: access, validation, deadlines, errors. */
  interceptors?: readonly Interceptor[];
  /** What the connection and the headers of a call give interceptors and handlers to know. */
  contextValues?: (req: IncomingMessage | Http2ServerRequest) => ContextValues;
  /** What health checks answer; ready if not given. */
  isReady?: () => Promise<boolean>;
  /** Whether reflection describes the services; not if not given. */
  hasReflection?: boolean;
  tracing?: Tracing | undefined;
  /** Longer deadlines are refused; 10 s if not given. */
  maxTimeoutMs?: number;
  /** Of a request message, unpacked; 256 KiB if not given. */
  readMaxBytes?: number;
  /** Of a response message; 4 MiB if not given. */
  writeMaxBytes?: number;
  /** For calls under way when the server closes; 3 s if not given. */
  graceMs?: number;
  /** For streams, which are then ended; 500 ms if not given. */
  streamGraceMs?: number;
}

export interface RpcServer {
  /** Not yet listening. */
  server: Server;
  /** Lets calls under way finish, ends streams, closes. */
  close: () => Promise<void>;
}

const kib = 1024;
/** Ends streams; calls under way hear it too, and finish all the same. */
const shuttingDown = new ConnectError("shutting down", Code.Unavailable);

/** Serves Connect (HTTP/1.1 and HTTP/2), gRPC and gRPC-Web on one clear-text port. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const services = options.implementations.map((it) => it.service);
  const shutdown = new AbortController();
  const answer = connectNodeAdapter({
    routes(router) {
      for (const { addTo } of options.implementations) addTo(router);
      addHealth(
        router,
        services.map((it) => it.typeName),
        options.isReady ?? (async () => true),
      );
      if (options.hasReflection) addReflection(router, [...services, Health]);
      router.handlers.push(...router.handlers.splice(0).map(acceptWebText));
    },
    interceptors: [
      ...(options.tracing ? [traceServer(options.tracing)] : []),
      ...(options.interceptors ?? []),
    ],
    ...(options.contextValues && { contextValues: options.contextValues }),
    fallback: answerUnimplemented,
    shutdownSignal: shutdown.signal,
    readMaxBytes: options.readMaxBytes ?? 256 * kib,
    writeMaxBytes: options.writeMaxBytes ?? 4 * kib * kib,
    maxTimeoutMs: options.maxTimeoutMs ?? 10_000,
    acceptCompression: compressions,
    // Answers go out as they are: many clients offer to unpack without a wish for it, and what is
    // packed together, tokens and a client's own words, shows by its length what is in it.
    compressMinBytes: Number.POSITIVE_INFINITY,
  });
  // Every request passes here, whatever its protocol: a faster path for some looks first here,
  // and runs the same interceptors.
  const { server, close } = createOnePortServer((req, res) =>
    withRequestId(requestIdFrom(req.headers[requestIdHeader]), () => answer(req, res)),
  );
  return {
    server,
    async close() {
      // The signal ends streams; unary handlers hear it too, so they get their time first.
      const closing = close(options.graceMs ?? 3_000);
      const timer = setTimeout(() => shutdown.abort(shuttingDown), options.streamGraceMs ?? 500);
      await closing;
      clearTimeout(timer);
      shutdown.abort(shuttingDown);
    },
  };
}
