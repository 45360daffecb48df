import type { Server } from "node:http";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextKey,
  createContextValues,
  type Interceptor,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { joinRules, type ServerCall, type ServerRule } from "./call.ts";
import type { Encoder } from "./codec.ts";
import { compressions } from "./compression.ts";
import { answerUnimplemented } from "./fallback.ts";
import { Health } from "./gen/grpc/health/v1/health_pb.ts";
import { health } from "./health.ts";
import { addTo, type Implementation } from "./implementation.ts";
import { toInterceptor } from "./interceptor.ts";
import { requestMaxBytes, responseMaxBytes } from "./limits.ts";
import { createOnePortServer } from "./one-port.ts";
import { reflection } from "./reflection.ts";
import { requestIdFrom, requestIdHeader, withRequestId } from "./request-id.ts";
import type { Tracing } from "./tracing/open.ts";
import { traceServer } from "./tracing/rpc.ts";
import { createUnaryServer } from "./unary-server.ts";
import { acceptWebText } from "./web-text.ts";

export interface RpcServerOptions {
  implementations: readonly Implementation[];
  /** What holds for every call, the outermost first: access, validation, deadlines, errors. */
  rules?: readonly ServerRule[];
  /** Writes the answers of a method faster than by reflection; undefined where it can't. */
  encoderOf?: (method: DescMethodUnary) => Encoder | undefined;
  /** What health checks answer; ready if not given. */
  isReady?: () => Promise<boolean>;
  /** Whether reflection describes the services; not if not given. */
  hasReflection?: boolean;
  tracing?: Tracing | undefined;
  /** Longer deadlines are refused; 10 s if not given. */
  maxTimeoutMs?: number;
  /** Of a request message, unpacked; 256 KiB if not given. */
  readMaxBytes?: number;
  /** Of a response message; 8 MiB if not given. */
  writeMaxBytes?: number;
  /** For calls under way when the server closes; 3 s if not given. */
  graceMs?: number;
  /** For streams, which are then ended; 500 ms if not given. */
  streamGraceMs?: number;
  /** Not for production: with `false` Connect for Node answers all calls, to compare with. */
  hasFastPath?: boolean;
}

export interface RpcServer {
  /** Not yet listening. */
  server: Server;
  /** Lets calls under way finish, ends streams, closes. */
  close: () => Promise<void>;
}

/** Ends streams; calls under way hear it too, and finish all the same. */
const shuttingDown = new ConnectError("shutting down", Code.Unavailable);

/** Serves Connect (HTTP/1.1 and HTTP/2), gRPC and gRPC-Web on one clear-text port. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const services = options.implementations.map((it) => it.service);
  const implementations = [
    ...options.implementations,
    health(
      services.map((it) => it.typeName),
      options.isReady ?? (async () => true),
    ),
    ...(options.hasReflection ? reflection([...services, Health]) : []),
  ];
  const rule = joinRules([
    ...(options.tracing ? [traceServer(options.tracing)] : []),
    ...(options.rules ?? []),
  ]);
  const limits = {
    readMaxBytes: options.readMaxBytes ?? requestMaxBytes,
    writeMaxBytes: options.writeMaxBytes ?? responseMaxBytes,
    maxTimeoutMs: options.maxTimeoutMs ?? 10_000,
  };
  const shutdown = new AbortController();
  const answer = connectNodeAdapter({
    routes(router) {
      for (const it of implementations) addTo(router, it);
      router.handlers.push(...router.handlers.splice(0).map(acceptWebText));
    },
    interceptors: [toInterceptor(rule, callOf)],
    contextValues: ({ socket }) =>
      createContextValues().set(addressKey, socket?.remoteAddress ?? "unknown"),
    fallback: answerUnimplemented,
    shutdownSignal: shutdown.signal,
    ...limits,
    acceptCompression: compressions,
    // Answers go out as they are: many clients offer to unpack without a wish for it, and what is
    // packed together, tokens and a client's own words, shows by its length what is in it.
    compressMinBytes: Number.POSITIVE_INFINITY,
  });
  const unary = createUnaryServer({
    implementations,
    encoderOf: options.encoderOf ?? (() => undefined),
    rule,
    ...limits,
  });
  const { server, close } = createOnePortServer(
    (req, res) =>
      withRequestId(requestIdFrom(req.headers[requestIdHeader]), () => answer(req, res)),
    options.hasFastPath === false ? undefined : unary.take,
  );
  const abort = () => {
    shutdown.abort(shuttingDown);
    unary.abort(shuttingDown);
  };
  return {
    server,
    async close() {
      // The signal ends streams; unary handlers hear it too, so they get their time first.
      const closing = close(options.graceMs ?? 3_000);
      const timer = setTimeout(abort, options.streamGraceMs ?? 500);
      await closing;
      clearTimeout(timer);
      abort();
    },
  };
}

const addressKey = createContextKey("unknown", { description: "address" });

/** A call that Connect for Node answers, as rules see it. */
function callOf(req: Parameters<ReturnType<Interceptor>>[0]): ServerCall {
  const { signal, contextValues: values } = req;
  return {
    method: req.method,
    message: req.stream ? undefined : req.message,
    values,
    signal,
    header: (name) => req.header.get(name) ?? undefined,
    address: values.get(addressKey),
    onAbort(listener) {
      if (signal.aborted) listener(signal.reason);
      else signal.addEventListener("abort", () => listener(signal.reason));
    },
  };
}
