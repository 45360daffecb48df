import type { IncomingHttpHeaders } from "node:http2";
import { setImmediate } from "node:timers/promises";
import {
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  type Message,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  ConnectError,
  type Interceptor,
  type Transport,
  type UnaryResponse,
} from "@connectrpc/connect";
import { trailerDemux } from "@connectrpc/connect/protocol-connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type ClientCall, type ClientRule, joinRules } from "./call.ts";
import { parse } from "./codec.ts";
import { openConnections } from "./connections.ts";
import { toInterceptor } from "./interceptor.ts";
import { responseMaxBytes } from "./limits.ts";
import { currentRequestId, requestIdHeader } from "./request-id.ts";
import type { Tracing } from "./tracing/open.ts";
import { traceClient } from "./tracing/rpc.ts";
import { createUnaryClient, toHeaders } from "./unary-client.ts";

export interface RpcClientOptions {
  /** `http://host:port` */
  url: string;
  /** Deadline of unary calls that set none; 2.5 s if not given. */
  timeoutMs?: number;
  /** What is done for every call, the outermost first. */
  rules?: readonly ClientRule[];
  tracing?: Tracing | undefined;
  /** Not for production: with `false` Connect for Node makes all calls, to compare with. */
  hasFastPath?: boolean;
}

/** @throws ConnectError what the call fails with */
export type CallRaw = (
  method: DescMethodUnary,
  input: Message,
  options?: CallRawOptions,
) => Promise<Uint8Array>;

export interface CallRawOptions {
  /** By their names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** The client's own if not given. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A server to be called; connected to when first used and again when lost. */
export interface RpcClient {
  transport: Transport;
  /** Calls a unary method, and answers its response as it came over the wire. */
  callRaw: CallRaw;
  close: () => void;
}

/** Speaks Connect over HTTP/2: unary calls by a path of our own, streams by Connect for Node. */
export function openRpcClient(options: RpcClientOptions): RpcClient {
  const { url, timeoutMs: defaultTimeoutMs = 2_500 } = options;
  const connections = openConnections(url);
  const readMaxBytes = responseMaxBytes;
  const rule = joinRules([
    ...(options.tracing ? [traceClient(options.tracing, url)] : []),
    ...(options.rules ?? []),
    sendRequestId,
    repeatRefused,
  ]);
  const stock = createConnectTransport({
    baseUrl: url,
    httpVersion: "2",
    useBinaryFormat: true,
    acceptCompression: [],
    defaultTimeoutMs,
    readMaxBytes,
    interceptors: [toInterceptor(rule, callOf)],
    sessionManager: connections,
  });
  const { close } = connections;
  if (options.hasFastPath === false) {
    return {
      transport: stock,
      async callRaw(method, input, { headers, timeoutMs, signal } = {}) {
        const { message } = await stock.unary(method, signal, timeoutMs, headers, input);
        return toBinary(method.output, message);
      },
      close,
    };
  }

  const unary = createUnaryClient({ connections, rule, readMaxBytes });
  const limitOf = (timeoutMs = defaultTimeoutMs) => (timeoutMs <= 0 ? undefined : timeoutMs);
  return {
    transport: {
      async unary(method, signal, timeoutMs, header, input) {
        const received = await unary.call(
          { method, input, header, timeoutMs: limitOf(timeoutMs), signal },
          (bytes) => parse(method.output, bytes),
        );
        return new UnaryAnswer(method, received.answer, received.header);
      },
      stream: stock.stream,
    },
    async callRaw(method, input, { headers, timeoutMs, signal } = {}) {
      const request = { method, input, header: headers, timeoutMs: limitOf(timeoutMs), signal };
      return (await unary.call(request, (bytes) => bytes)).answer;
    },
    close,
  };
}

/** A class for the sake of its getters, see `Abort`. */
class UnaryAnswer<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false;
  readonly service: DescService;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly #header: IncomingHttpHeaders;

  constructor(
    method: DescMethodUnary<I, O>,
    message: MessageShape<O>,
    header: IncomingHttpHeaders,
  ) {
    this.service = method.parent;
    this.method = method;
    this.message = message;
    this.#header = header;
  }

  get header(): Headers {
    return trailerDemux(toHeaders(this.#header))[0];
  }

  get trailer(): Headers {
    return trailerDemux(toHeaders(this.#header))[1];
  }
}

/** A call that Connect for Node makes, as rules see it. */
function callOf(req: Parameters<ReturnType<Interceptor>>[0]): ClientCall {
  return {
    method: req.method,
    message: req.stream ? undefined : req.message,
    header: (name) => req.header.get(name) ?? undefined,
    setHeader: (name, value) => req.header.set(name, value),
  };
}

/** Sends the id of the request that the call belongs to. */
const sendRequestId: ClientRule = ({ setHeader }, next) => {
  const requestId = currentRequestId();
  if (requestId !== undefined) setHeader(requestIdHeader, requestId);
  return next();
};

const maxAttempts = 3;

/**
 * Repeats unary calls that the server refused unseen, as it does in the moment in which it
 * closes a connection (RFC 9113, section 8.7), and where a connection has too much in its
 * memory. By then they go by another connection.
 */
const repeatRefused: ClientRule = async ({ method }, next) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next();
    } catch (thrown) {
      const isLast = method.methodKind !== "unary" || attempt === maxAttempts;
      if (isLast || !isRefused(thrown)) throw thrown;
      // The caller learns of it a moment before the connection does.
      await setImmediate();
    }
  }
};

/** Of a stream, not of a connection: what is under way on that may have been looked at. */
function isRefused(thrown: unknown): boolean {
  const { rawMessage } = ConnectError.from(thrown);
  return /^Stream closed with error code NGHTTP2_(REFUSED_STREAM|ENHANCE_YOUR_CALM)/.test(
    rawMessage,
  );
}
