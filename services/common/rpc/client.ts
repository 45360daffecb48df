import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import type { ServiceName, ServiceTokens } from "../tokens/service-token.ts";
import { accessOf } from "./interceptors.ts";

export interface ClientOptions {
  url: string;
  /** The service at the other end. */
  audience: ServiceName;
  serviceTokens: ServiceTokens;
  /** Deadline of unary calls; leaves room to answer 503 within 3 s. */
  timeoutMs?: number;
  interceptors?: Interceptor[];
}

/** A connection to a service, made when first used and again when lost. */
export interface RpcClient {
  transport: Transport;
  close: () => void;
}

const defaultTimeoutMs = 2_500;

/** Speaks Connect over HTTP/2. Calls without an `Authorization` header carry our service token. */
export function createRpcClient(options: ClientOptions): RpcClient {
  // No pings: the manager's timer can ping a session that has been destroyed, which ends the
  // process (connect-es #1795). dropHung takes their place.
  const sessions = new Http2SessionManager(options.url);
  const transport = createConnectTransport({
    baseUrl: options.url,
    httpVersion: "2",
    useBinaryFormat: true,
    acceptCompression: [],
    defaultTimeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    readMaxBytes: 4 * 1024 * 1024,
    interceptors: [
      ...(options.interceptors ?? []),
      identify(options.serviceTokens, options.audience),
      dropHung(() => sessions.abort()),
      repeatRefused,
    ],
    sessionManager: guardSessions(sessions),
  });
  return { transport, close: () => sessions.abort() };
}

/** Tells the other service who calls, where the call isn't made for a user. */
function identify(tokens: ServiceTokens, audience: ServiceName): Interceptor {
  return (next) => async (req) => {
    if (req.header.has("authorization")) return next(req);
    req.header.set("authorization", `Bearer ${await tokens.issue(audience)}`);
    return next(req).catch((thrown: unknown) => {
      throw isUnknownService(req.method, thrown)
        ? new ConnectError(unknownService, Code.Unavailable)
        : thrown;
    });
  };
}

const unknownService = "the other service doesn't know this one";

/** It is us who were refused, and not the user for whom we ask: his request was never judged. */
function isUnknownService(method: DescMethod, thrown: unknown): boolean {
  return (
    accessOf(method) === Access.SERVICE && ConnectError.from(thrown).code === Code.PermissionDenied
  );
}

const mostSilentCalls = 2;

/**
 * Drops a connection on which calls only run into their deadlines: the other end may be
 * gone without a word, and the next call gets a new connection. While others are answered it
 * is only slow, and dropping it would fail their calls too.
 */
function dropHung(drop: () => void): Interceptor {
  let silent = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  const hear = () => {
    silent = 0;
    heardAt = performance.now();
  };
  return (next) => async (req) => {
    const startedAt = performance.now();
    try {
      const res = await next(req);
      hear();
      return res;
    } catch (thrown) {
      const { code } = ConnectError.from(thrown);
      if (code !== Code.DeadlineExceeded) {
        // Who is gone has heard nothing either.
        if (code !== Code.Canceled) hear();
      } else if (heardAt < startedAt && ++silent >= mostSilentCalls) {
        silent = 0;
        drop();
      }
      throw thrown;
    }
  };
}

/**
 * Repeats unary calls that the server refused unseen, as it does in the moment in which
 * it closes a connection (RFC 9113, section 8.7).
 */
const repeatRefused: Interceptor = (next) => async (req) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(req);
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const wasRefused =
        error.code === Code.Internal && error.message.includes("NGHTTP2_REFUSED_STREAM");
      if (!wasRefused || req.stream || attempt === 3) throw thrown;
    }
  }
};

/**
 * A request right after a GOAWAY leaves an error on a session that nobody listens to, which
 * would end the process (connect-es #1768). So every session gets a listener.
 */
function guardSessions(
  inner: Http2SessionManager,
): Pick<Http2SessionManager, "authority" | "notifyResponseByteRead" | "request"> {
  const guarded = new WeakSet<object>();
  return {
    authority: inner.authority,
    notifyResponseByteRead: (stream) => inner.notifyResponseByteRead(stream),
    async request(...args) {
      const stream = await inner.request(...args);
      if (stream.session && !guarded.has(stream.session)) {
        guarded.add(stream.session);
        stream.session.on("error", () => undefined);
      }
      return stream;
    },
  };
}
