import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

const tooSlow = () => new ConnectError("the server took too long", Code.Unavailable);

/**
 * Answers a unary call when its deadline is over or its caller is gone, whatever the handler still
 * waits for; and after `limitMs` where the caller sets no deadline.
 * @param createError what a call without a deadline then fails with
 */
export function limitTime(limitMs: number, createError: () => unknown = tooSlow): Interceptor {
  return (next) => async (req) => {
    if (req.stream) return next(req);
    const isGrpc = req.header.get("content-type")?.startsWith("application/grpc") ?? false;
    const hasDeadline = req.header.has(isGrpc ? "grpc-timeout" : "connect-timeout-ms");
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const onAbort = () => {
      const reason = ConnectError.from(req.signal.reason, Code.Canceled);
      // A server that stops lets calls finish.
      if (reason.code !== Code.Unavailable) reject(reason);
    };
    const timer = hasDeadline ? undefined : setTimeout(() => reject(createError()), limitMs);
    req.signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([next(req), failed]);
    } finally {
      clearTimeout(timer);
      req.signal.removeEventListener("abort", onAbort);
    }
  };
}
