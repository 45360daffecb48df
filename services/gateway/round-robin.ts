import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/**
 * One transport over several instances of a service, taking turns. An instance that isn't
 * there is passed over; a call that may have reached one is never repeated.
 */
export function roundRobin(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = () => {
    const transport = transports[turn++ % transports.length];
    if (!transport) throw new Error("no instance to call");
    return transport;
  };
  return {
    async unary(...args) {
      for (let left = transports.length; ; left--) {
        try {
          return await next().unary(...args);
        } catch (error) {
          if (left <= 1 || !isAbsent(error)) throw error;
        }
      }
    },
    stream: (...args) => next().stream(...args),
  };
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
