import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import type { Member } from "./unordered-set.ts";

/** What a handler may know of a call besides its request; the same for RPC and for socket events. */
export interface Call {
  /** What rules have found out. */
  readonly values: ContextValues;
  /** Aborted when the caller is gone, the deadline or the call is over, or the server stops. */
  readonly signal: AbortSignal;
  /** A header of the request, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

/** Handles a unary method: `Handler<typeof AuthService, "login">`. What it throws is what the caller sees. */
export type Handler<S extends DescService, M extends UnaryMethods<S>> = (
  req: MessageShape<S["method"][M]["input"]>,
  call: Call,
) => Promise<MessageInitShape<S["method"][M]["output"]>>;

type UnaryMethods<S extends DescService> = {
  [M in keyof S["method"]]: S["method"][M] extends DescMethodUnary ? M : never;
}[keyof S["method"]];

/** The handlers of all methods of a service; one that is missing doesn't compile. */
export type Handlers<S extends DescService> = {
  [M in keyof S["method"]]: HandlerOf<S["method"][M]>;
};

type HandlerOf<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (req: MessageShape<I>, call: Call) => Promise<MessageInitShape<O>> | MessageInitShape<O>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (req: MessageShape<I>, call: Call) => AsyncIterable<MessageInitShape<O>>
      : M extends DescMethodClientStreaming<infer I, infer O>
        ? (reqs: AsyncIterable<MessageShape<I>>, call: Call) => Promise<MessageInitShape<O>>
        : M extends DescMethodBiDiStreaming<infer I, infer O>
          ? (reqs: AsyncIterable<MessageShape<I>>, call: Call) => AsyncIterable<MessageInitShape<O>>
          : never;

/**
 * What holds for every call of a server or a client, whatever path it takes. `next` goes on with
 * the call and resolves when it is over: to what it answers, which the rule answers in turn, or
 * for a stream to undefined when that has ended.
 */
export type Rule<C extends RuledCall> = (call: C, next: () => Promise<Answer>) => Promise<Answer>;

/**
 * A message or what it is made of; its bytes where a client has asked for those; undefined of a
 * stream.
 */
export type Answer = object | undefined;

/** A call as the rules of either end see it. */
export interface RuledCall {
  readonly method: DescMethod;
  /** The request; undefined of a stream. */
  readonly message: Message | undefined;
  readonly header: (name: string) => string | undefined;
}

export interface ServerCall extends RuledCall, Call {
  /** Of the connection. */
  readonly address: string;
  /** Calls `listener` where `signal` is aborted; costs less than to ask for a signal. */
  readonly onAbort: (listener: (reason: unknown) => void) => void;
}

export interface ClientCall extends RuledCall {
  /** @param name in lower case */
  readonly setHeader: (name: string, value: string) => void;
}

export type ServerRule = Rule<ServerCall>;
export type ClientRule = Rule<ClientCall>;

/** Makes one rule of many, the first of which is the outermost. */
export function joinRules<C extends RuledCall>(rules: readonly Rule<C>[]): Rule<C> {
  return rules.reduceRight(
    (inner, rule) => (call, next) => rule(call, () => inner(call, next)),
    (_call, next) => next(),
  );
}

const tooSlow = () => new ConnectError("the server took too long", Code.Unavailable);

/**
 * Answers a unary call when its deadline is over or its caller is gone, whatever the handler still
 * waits for; and after `limitMs` where the caller sets no deadline.
 * @param createError what a call without a deadline then fails with
 */
export function limitTime(limitMs: number, createError: () => unknown = tooSlow): ServerRule {
  return (call, next) => {
    if (call.method.methodKind !== "unary") return next();
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        clearTimeout(timer);
        reject(thrown);
      };
      const timer = hasDeadline(call) ? undefined : setTimeout(() => fail(createError()), limitMs);
      call.onAbort((aborted) => {
        const reason = ConnectError.from(aborted, Code.Canceled);
        // A server that stops lets calls finish.
        if (reason.code !== Code.Unavailable) fail(reason);
      });
      next().then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      }, fail);
    });
  };
}

function hasDeadline({ header }: RuledCall): boolean {
  return header(isGrpc(header) ? "grpc-timeout" : "connect-timeout-ms") !== undefined;
}

/** Whether a call came by gRPC or gRPC-Web. */
export function isGrpc(header: RuledCall["header"]): boolean {
  return header("content-type")?.startsWith("application/grpc") ?? false;
}

const over = new DOMException("the call is over", "AbortError");

/**
 * Tells that a call is given up; makes a signal only where somebody asks for one. A class, as an
 * object with a getter of its own costs several times as much to make.
 */
export class Abort implements Member {
  place = -1;
  #controller: AbortController | undefined;
  #listeners: ((reason: unknown) => void)[] = [];
  #aborted: { reason: unknown } | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    return this.#controller.signal;
  }

  /** Calls `listener` when the call is given up, or now if it has been. */
  onAbort(listener: (reason: unknown) => void): void {
    if (this.#aborted) listener(this.#aborted.reason);
    else this.#listeners.push(listener);
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
    for (const listener of this.#listeners) listener(reason);
  }

  /** The call is over: what still listens to the signal hears it, and nothing else does. */
  end(): void {
    this.#listeners = [];
    this.#aborted ??= { reason: over };
    this.#controller?.abort(over);
  }
}
