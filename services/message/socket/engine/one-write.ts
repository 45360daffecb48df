import { streamOf } from "./engine-internals.ts";
import type { ChatSocket } from "./types.ts";

type Connection = ChatSocket["conn"];

let held: Connection["transport"][] = [];

/**
 * Holds what a connection sends until the end of this turn, so that acknowledgements and the
 * messages that follow them go out by one write call: these are most of what sending costs.
 * In engine.io's terms its transport isn't writable meanwhile, and then ready again.
 */
export function holdWrites({ transport }: Connection): void {
  if (transport.name !== "websocket" || !transport.writable) return;
  transport.writable = false;
  if (held.length === 0) setImmediate(releaseAll);
  held.push(transport);
}

function releaseAll(): void {
  const transports = held;
  held = [];
  for (const transport of transports) {
    transport.writable = true;
    transport.emit("ready");
  }
}

/**
 * Sends what engine.io flushes in one go by one write call; otherwise each packet is one.
 * For the engine's own event, so that no connection carries a listener of its own.
 */
export function corkFlush(conn: Connection, packets: unknown[]): void {
  if (packets.length < 2) return;
  const stream = streamOf(conn);
  if (!stream) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
