import { validateHeaderName, validateHeaderValue } from "node:http";
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  isMessage,
  type Message,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  codeFromHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorFromJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { Abort, type ClientCall, type ClientRule } from "./call.ts";
import type { Connections } from "./connections.ts";

export interface UnaryClientOptions {
  connections: Connections;
  rule: ClientRule;
  readMaxBytes: number;
}

export interface UnaryRequest<I extends DescMessage, O extends DescMessage> {
  method: DescMethodUnary<I, O>;
  input: MessageInitShape<I>;
  header: GivenHeaders;
  /** None if undefined. */
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}

/** Calls unary methods in Connect's binary form. */
export interface UnaryClient {
  /**
   * @param read makes of the response's bytes what rules and callers see
   * @throws ConnectError
   */
  call: <I extends DescMessage, O extends DescMessage, T extends object>(
    request: UnaryRequest<I, O>,
    read: (bytes: Uint8Array) => T,
  ) => Promise<{ answer: T; header: IncomingHttpHeaders }>;
}

type GivenHeaders = Parameters<Transport["unary"]>[3];
type ReceivedHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

interface Received {
  header: ReceivedHeaders;
  bytes: Uint8Array;
}

export function createUnaryClient({
  connections,
  rule,
  readMaxBytes,
}: UnaryClientOptions): UnaryClient {
  const exchange = (header: readonly string[], body: Uint8Array, abort: Abort) =>
    new Promise<Received>((resolve, reject) => {
      let isAborted = false;
      let stream: ClientHttp2Stream | undefined;
      abort.onAbort((reason) => {
        isAborted = true;
        reject(reason);
        stream?.close(constants.NGHTTP2_CANCEL);
      });
      const start = (opened: ClientHttp2Stream) => {
        stream = opened;
        if (isAborted) return stream.close(constants.NGHTTP2_CANCEL);
        receive(stream, readMaxBytes, connections, resolve, reject);
        if (body.length > 0) stream.end(body);
      };
      const fail = (thrown: unknown) => reject(lost(thrown));
      try {
        const opened = connections.open(header, { endStream: body.length === 0 });
        if (opened instanceof Promise) opened.then(start, fail);
        else start(opened);
      } catch (thrown) {
        fail(thrown);
      }
    });

  return {
    async call({ method, input, header, timeoutMs, signal }, read) {
      const message = isMessage(input, method.input) ? input : create(method.input, input);
      const sent = new SentCall(method, message, connections.target, timeoutMs);
      sent.add(header);
      const abort = new Abort();
      const onAbort = () => abort.abort(ConnectError.from(signal?.reason, Code.Canceled));
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => abort.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded)),
              timeoutMs,
            );
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort);
      const result: { received?: Received; answer?: ReturnType<typeof read> } = {};
      try {
        await rule(sent, async () => {
          const body = toBinary(method.input, message);
          result.received = await exchange(sent.list, body, abort);
          throwIfFailed(result.received);
          result.answer = read(result.received.bytes);
          return result.answer;
        });
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      }
      const { received, answer } = result;
      if (!received || !answer) throw new Error("a rule has answered a call by itself");
      return { answer, header: received.header };
    },
  };
}

/** A call with its header, which it keeps as node:http2 writes it: name, value, name, value. */
class SentCall implements ClientCall {
  readonly method: DescMethodUnary;
  readonly message: Message;
  readonly list: string[];

  constructor(
    method: DescMethodUnary,
    message: Message,
    target: readonly string[],
    timeoutMs: number | undefined,
  ) {
    this.method = method;
    this.message = message;
    this.list = [
      ...[":method", "POST", ...target],
      ...[":path", `/${method.parent.typeName}/${method.name}`],
      ...["content-type", contentTypeUnaryProto, "connect-protocol-version", "1"],
    ];
    if (timeoutMs !== undefined) this.list.push("connect-timeout-ms", String(timeoutMs));
  }

  readonly header = (name: string): string | undefined => {
    const at = this.#indexOf(name);
    return at < 0 ? undefined : this.list[at + 1];
  };

  /** @throws TypeError for what can't be sent */
  readonly setHeader = (name: string, value: string): void => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const at = this.#indexOf(name);
    if (at < 0) this.list.push(name, value.trim());
    else this.list[at + 1] = value.trim();
  };

  /** @throws TypeError for what can't be sent */
  add(given: GivenHeaders): void {
    if (given === undefined) return;
    const entries = Symbol.iterator in given ? new Headers(given) : Object.entries(given);
    for (const [name, value] of entries) this.setHeader(name.toLowerCase(), String(value));
  }

  #indexOf(name: string): number {
    for (let i = 0; i < this.list.length; i += 2) if (this.list[i] === name) return i;
    return -1;
  }
}

function receive(
  stream: ClientHttp2Stream,
  maxBytes: number,
  { notifyResponseByteRead }: Connections,
  resolve: (received: Received) => void,
  reject: (error: ConnectError) => void,
): void {
  let header: ReceivedHeaders | undefined;
  let isOver = false;
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("response", (it) => {
    header = it;
    notifyResponseByteRead(stream);
  });
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) return void chunks.push(chunk);
    isOver = true;
    const message = `message size is larger than configured readMaxBytes ${maxBytes}`;
    reject(new ConnectError(message, Code.ResourceExhausted));
    stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on("end", () => {
    if (!header || stream.rstCode) return;
    isOver = true;
    const promised = header["content-length"];
    if (promised !== undefined && Number(promised) !== size) {
      const message = `protocol error: promised ${promised} bytes, received ${size}`;
      return reject(new ConnectError(message, Code.InvalidArgument));
    }
    const [first] = chunks;
    resolve({ header, bytes: first && chunks.length === 1 ? first : Buffer.concat(chunks) });
  });
  stream.on("close", () => {
    if (!isOver) reject(lost(stream.errored, stream.rstCode));
  });
}

/** The failure of a call that got no answer. */
function lost(thrown: unknown, rstCode?: number): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const code = rstCode === constants.NGHTTP2_CANCEL ? Code.Canceled : Code.Unavailable;
  const message = thrown instanceof Error ? thrown.message : "the connection was lost";
  return new ConnectError(message, code, undefined, undefined, thrown);
}

/** @throws ConnectError where the server says that the call has failed, or says nothing that is known */
function throwIfFailed({ header, bytes }: Received): void {
  const status = header[":status"] ?? 0;
  const type = header["content-type"] ?? "";
  const encoding = header["content-encoding"];
  const metadata = () => toHeaders(header);
  if (encoding !== undefined && encoding !== "identity") {
    const message = `unsupported response encoding "${encoding}"`;
    throw new ConnectError(message, Code.Internal, metadata());
  }
  if (status === 200) {
    if (type === contentTypeUnaryProto) return;
    throw new ConnectError(`unsupported content type ${type}`, Code.Unknown, metadata());
  }
  const failure = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status), metadata());
  if (!type.startsWith(contentTypeUnaryJson)) throw failure;
  throw errorFromJsonBytes(bytes, metadata(), failure);
}

/** What came before a response's body, as the web knows it. */
export function toHeaders(header: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(header)) {
    if (name.startsWith(":")) continue;
    for (const it of [value ?? []].flat()) headers.append(name, it);
  }
  return headers;
}
