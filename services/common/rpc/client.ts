import { setImmediate } from "node:timers/promises";
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { accessOf } from "#contract/access.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { budgets } from "../budgets.ts";
import type { ServiceName, ServiceTokens } from "../tokens/service-token.ts";
import { openConnections } from "./connections.ts";

export interface ClientOptions {
  url: string;
  /** The service at the other end. */
  audience: ServiceName;
  serviceTokens: ServiceTokens;
  /** Deadline of unary calls; leaves room to answer 503 within 3 s. */
  timeoutMs?: number;
  interceptors?: Interceptor[];
}

/** A service to be called; connected to when first used and again when lost. */
export interface RpcClient {
  transport: Transport;
  close: () => void;
}

/** Speaks Connect over HTTP/2. Calls without an `Authorization` header carry our service token. */
export function createRpcClient(options: ClientOptions): RpcClient {
  const connections = openConnections(options.url);
  const transport = createConnectTransport({
    baseUrl: options.url,
    httpVersion: "2",
    useBinaryFormat: true,
    acceptCompression: [],
    defaultTimeoutMs: options.timeoutMs ?? budgets.answer.serviceCall,
    readMaxBytes: 4 * 1024 * 1024,
    interceptors: [
      ...(options.interceptors ?? []),
      identify(options.serviceTokens, options.audience),
      repeatRefused,
    ],
    sessionManager: connections,
  });
  return { transport, close: connections.close };
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
      if (!wasRefused || req.stream || attempt === 3) throw thrown;
      // The caller learns of it a moment before the connection does.
      await setImmediate();
    }
  }
};
