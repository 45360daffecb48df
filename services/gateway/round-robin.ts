import type { Transport } from "@connectrpc/connect";

/** One transport over several instances of a service, taking turns. */
export function roundRobin(transports: readonly Transport[]): Transport {
  let turn = 0;
  const next = () => {
    const transport = transports[turn++ % transports.length];
    if (!transport) throw new Error("no instance to call");
    return transport;
  };
  return {
    unary: (...args) => next().unary(...args),
    stream: (...args) => next().stream(...args),
  };
}
