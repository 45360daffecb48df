import { AsyncLocalStorage } from "node:async_hooks";
import type { Interceptor, StreamResponse, UnaryResponse } from "@connectrpc/connect";
import type { Answer, Rule, RuledCall } from "./call.ts";

type AnyFn = ReturnType<Interceptor>;
type AnyRequest = Parameters<AnyFn>[0];

/** Lets a rule hold for the calls of Connect's own clients and servers. */
export function toInterceptor<C extends RuledCall>(
  rule: Rule<C>,
  callOf: (req: AnyRequest) => C,
): Interceptor {
  return (next) => (req) => {
    const call = callOf(req);
    return req.stream ? startStream(rule, call, () => next(req)) : run(rule, call, () => next(req));
  };
}

async function run<C extends RuledCall>(
  rule: Rule<C>,
  call: C,
  next: () => ReturnType<AnyFn>,
): Promise<UnaryResponse | StreamResponse> {
  let response: UnaryResponse | StreamResponse | undefined;
  await rule(call, async () => {
    response = await next();
    return response.message;
  });
  if (!response) throw new Error("a rule has answered a call by itself");
  return response;
}

/** The stream begins when its response is there; the rule goes on until it has ended. */
function startStream<C extends RuledCall>(
  rule: Rule<C>,
  call: C,
  next: () => ReturnType<AnyFn>,
): ReturnType<AnyFn> {
  return new Promise((resolve, reject) => {
    const over = rule(call, () => {
      const { promise, ...end } = Promise.withResolvers<Answer>();
      const inContext = AsyncLocalStorage.snapshot();
      next().then((response) => {
        if (!response.stream) return end.resolve(response.message);
        const message = follow(response.message, inContext, end, () => over);
        resolve({ ...response, message });
      }, end.reject);
      return promise;
    });
    over.catch(reject);
  });
}

/** Hands on the messages of a stream, and fails as the rule does. */
async function* follow<T>(
  messages: AsyncIterable<T>,
  inContext: <R>(step: () => R) => R,
  end: { resolve: (answer: undefined) => void; reject: (thrown: unknown) => void },
  over: () => Promise<Answer>,
): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await inContext(() => iterator.next());
      if (result.done) return;
      yield result.value;
    }
  } catch (thrown) {
    end.reject(thrown);
  } finally {
    end.resolve(undefined);
    await iterator.return?.();
    await over();
  }
}
