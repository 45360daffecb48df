import { setImmediate } from "node:timers/promises";
import { ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { openConnections } from "./connections.ts";
import { currentRequestId, requestIdHeader } from "./request-id.ts";
import type { Tracing } from "./tracing/open.ts";
import { traceClient } from "./tracing/rpc.ts";

export interface RpcClientOptions {
  /** `http://host:port` */
  url: string;
  /** Deadline of unary calls that set none; 2.5 s if not given. */
  timeoutMs?: number;
  /** What is done for every call, the outermost first. */
  interceptors?: readonly Interceptor[];
  tracing?: Tracing | undefined;
}

/** A server to be called; connected to when first used and again when lost. */
export interface RpcClient {
  transport: Transport;
  close: () => void;
}

/**
 * Speaks Connect over HTTP/2. A faster transport for unary calls takes the place of the one
 * made here, and runs the same interceptors.
 */
export function openRpcClient(options: RpcClientOptions): RpcClient {
  const connections = openConnections(options.url);
  const transport = createConnectTransport({
    baseUrl: options.url,
    httpVersion: "2",
    useBinaryFormat: true,
    acceptCompression: [],
    defaultTimeoutMs: options.timeoutMs ?? 2_500,
    readMaxBytes: 4 * 1024 * 1024,
    interceptors: [
      ...(options.tracing ? [traceClient(options.tracing, options.url)] : []),
      ...(options.interceptors ?? []),
      sendRequestId,
      repeatRefused,
    ],
    sessionManager: connections,
  });
  return { transport, close: connections.close };
}

/** Sends the id of the request that the call belongs to. */
const sendRequestId: Interceptor = (next) => (req) => {
  const requestId = currentRequestId();
  if (requestId !== undefined) req.header.set(requestIdHeader, requestId);
  return next(req);
};

const maxAttempts = 3;

/**
 * Repeats unary calls that the server refused unseen, as it does in the moment in which it
 * closes a connection (RFC 9113, section 8.7), and where a connection has too much in its
 * memory. By then they go by another connection.
 */
const repeatRefused: Interceptor = (next) => async (req) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(req);
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const wasRefused = /REFUSED_STREAM|ENHANCE_YOUR_CALM/.test(error.message);
      if (!wasRefused || req.stream || attempt === maxAttempts) throw thrown;
      // The caller learns of it a moment before the connection does.
      await setImmediate();
    }
  }
};
