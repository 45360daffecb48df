import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { DescMethod, DescMethodUnary, Message } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorToJsonBytes,
  parseTimeout,
} from "@connectrpc/connect/protocol-connect";
import { Abort, type Answer, type ServerCall, type ServerRule } from "./call.ts";
import { type Encoder, parse, plainEncoder, write } from "./codec.ts";
import type { Implementation } from "./implementation.ts";
import { requestIdFrom, requestIdHeader, withRequestId } from "./request-id.ts";
import { UnorderedSet } from "./unordered-set.ts";

/** A unary method and what answers it. */
interface Route {
  method: DescMethodUnary;
  handle: (call: ServerCall) => Promise<Answer>;
  encode: Encoder;
}

export interface UnaryServerOptions {
  implementations: readonly Implementation[];
  encoderOf: (method: DescMethodUnary) => Encoder | undefined;
  rule: ServerRule;
  maxTimeoutMs: number;
  readMaxBytes: number;
  writeMaxBytes: number;
}

/**
 * Answers unary calls as Connect for Node would, but for a fraction of its cost: it makes no
 * Headers, signals and iterables that nobody asks for.
 */
export interface UnaryServer {
  /**
   * Answers a stream if it is a call in Connect's binary form, uncompressed, of a method that it
   * knows; otherwise answers false and leaves the stream alone.
   */
  take: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;
  /** Aborts the signals of calls under way, which go on. */
  abort: (reason: unknown) => void;
}

const nothing = new Uint8Array();

export function createUnaryServer(options: UnaryServerOptions): UnaryServer {
  const { rule, maxTimeoutMs, readMaxBytes, writeMaxBytes } = options;
  const routes = routesOf(options);
  const underWay = new UnorderedSet<Abort>();

  const perform = async ({ handle, encode }: Route, call: ServerCall) => {
    const answer = await rule(call, () => handle(call));
    const bytes = write(encode, answer ?? {});
    if (bytes.length > writeMaxBytes) {
      const message = `message size ${bytes.length} is larger than configured writeMaxBytes ${writeMaxBytes}`;
      throw new ConnectError(message, Code.ResourceExhausted);
    }
    return bytes;
  };

  const serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, route: Route) => {
    const { timeoutMs, error } = parseTimeout(
      headerOf(headers, "connect-timeout-ms") ?? null,
      maxTimeoutMs,
    );
    const abort = new Abort();
    let isRunning = false;
    let isOver = false;
    underWay.add(abort);
    const end = () => {
      isOver = true;
      clearTimeout(timer);
      underWay.delete(abort);
      abort.end();
    };
    const fail = (thrown: unknown) => {
      if (isOver) return;
      end();
      respondError(stream, thrown);
    };
    const run = (body: Uint8Array) => {
      if (isOver) return;
      isRunning = true;
      let call: ServerCall;
      try {
        call = new UnaryCall(stream, headers, route.method, body, abort);
      } catch (thrown) {
        return fail(thrown);
      }
      // The events of a stream are of no request.
      const requestId = requestIdFrom(headers[requestIdHeader]);
      withRequestId(requestId, () => perform(route, call)).then((bytes) => {
        end();
        respond(stream, 200, contentTypeUnaryProto, bytes);
      }, fail);
    };
    const giveUp = (reason: ConnectError) => {
      if (isRunning) abort.abort(reason);
      else fail(reason);
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () => giveUp(new ConnectError("the operation timed out", Code.DeadlineExceeded)),
            timeoutMs,
          );
    stream.on("close", () => {
      if (!isOver) giveUp(new ConnectError("the caller is gone", Code.Canceled));
    });
    if (error) fail(error);
    else readBody(stream, headers, readMaxBytes, run, fail);
  };

  return {
    take(stream, headers) {
      if (
        headers["content-type"] !== contentTypeUnaryProto ||
        headers[":method"] !== "POST" ||
        headers["content-encoding"] !== undefined ||
        headers.expect !== undefined
      ) {
        return false;
      }
      const route = routes.get(headers[":path"] ?? "");
      if (!route) return false;
      serve(stream, headers, route);
      return true;
    },
    abort(reason) {
      for (const it of underWay.list()) it.abort(reason);
    },
  };
}

/** By their paths. */
function routesOf({
  implementations,
  encoderOf,
}: Pick<UnaryServerOptions, "implementations" | "encoderOf">): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const { service, handlers } of implementations) {
    for (const method of service.methods) {
      const handler: unknown = Reflect.get(handlers, method.localName);
      if (!isUnary(method) || typeof handler !== "function") continue;
      routes.set(`/${service.typeName}/${method.name}`, {
        method,
        handle: async (call) => handler.call(handlers, call.message, call),
        encode: encoderOf(method) ?? plainEncoder(method.output),
      });
    }
  }
  return routes;
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** A class for the sake of its getters, see `Abort`. */
class UnaryCall implements ServerCall {
  readonly method: DescMethodUnary;
  readonly message: Message;
  readonly values = createContextValues();
  readonly header: (name: string) => string | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #abort: Abort;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: DescMethodUnary,
    body: Uint8Array,
    abort: Abort,
  ) {
    this.method = method;
    this.message = parse(method.input, body);
    this.header = (name) => headerOf(headers, name);
    this.#stream = stream;
    this.#abort = abort;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get address(): string {
    return this.#stream.session?.socket.remoteAddress ?? "unknown";
  }

  onAbort(listener: (reason: unknown) => void): void {
    this.#abort.onAbort(listener);
  }
}

/** Ends at the limit, however much more would come. */
function readBody(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  maxBytes: number,
  onBody: (body: Uint8Array) => void,
  onError: (error: ConnectError) => void,
): void {
  const refuse = (size: string): void => {
    const message = `message size${size} is larger than configured readMaxBytes ${maxBytes}`;
    onError(new ConnectError(message, Code.ResourceExhausted));
  };
  // Left unread: Node ends such a stream with less work.
  if (stream.endAfterHeaders) {
    onBody(nothing);
    return;
  }
  const promised = Number(headers["content-length"]);
  if (promised > maxBytes) {
    refuse(` ${promised}`);
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else refuse("");
  });
  stream.on("end", () => {
    // Said of a stream too that was reset, or lost, in the middle of its request.
    if (stream.aborted) return;
    const [first] = chunks;
    onBody(first && chunks.length === 1 ? first : Buffer.concat(chunks));
  });
}

function respondError(stream: ServerHttp2Stream, thrown: unknown): void {
  const error =
    thrown instanceof ConnectError
      ? thrown
      : new ConnectError("internal error", Code.Internal, undefined, undefined, thrown);
  const metadata = new Headers();
  // What another server has said is of that call alone.
  if (!error.isWireError) mergeNonProtocolHeaders(metadata, error.metadata);
  const body = errorToJsonBytes(error, undefined);
  respond(stream, codeToHttpStatus(error.code), contentTypeUnaryJson, body, [...metadata].flat());
}

function respond(
  stream: ServerHttp2Stream,
  status: number,
  type: string,
  body: Uint8Array,
  more: readonly string[] = [],
): void {
  if (stream.destroyed || stream.closed) return;
  const isEmpty = body.length === 0;
  const length = String(body.length);
  // As a list, which Node writes as it is.
  stream.respond(
    [":status", String(status), "content-type", type, "content-length", length, ...more],
    { endStream: isEmpty },
  );
  if (stream.readableEnded || stream.endAfterHeaders) {
    if (!isEmpty) stream.end(body);
  } else {
    // The rest of the request is not wanted any more (RFC 9113, section 8.1).
    stream.end(body, () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
